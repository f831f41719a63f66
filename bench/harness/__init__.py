"""What the scripts of ``bench/`` share: workloads, peers, worker processes, rounds, and how figures are shown."""
