"""Whether memory stays flat: 100,000 predict calls, and 10,000 training steps.

    python bench/soak.py [--predicts 100000] [--steps 10000] [--limit 1]

Prints the resident memory as it goes; ends with 1 if it grows by more than the limit after the first tenth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import cycle

from harness.memory import resident_mb
from harness.peers.keras_models import make
from harness.workloads import WORKLOADS

#: How often memory is looked at.
LOOKS = 20


def soak(name: str, call: Callable[[], object], times: int) -> list[float]:
    """Resident memory in MB after each twentieth of ``times`` calls."""
    samples = []
    for look in range(1, LOOKS + 1):
        for _ in range(times * (look - 1) // LOOKS, times * look // LOOKS):
            call()
        samples.append(resident_mb())
        print(f"{name:8} {times * look // LOOKS:10,} calls {samples[-1]:10.2f} MB", flush=True)
    return samples


def growth(samples: list[float]) -> float:
    """MB between the end of the first tenth, when everything has been used once, and the end."""
    return samples[-1] - samples[max(1, len(samples) // 10) - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--predicts", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=1.0, help="MB of growth that are taken for none")
    given = parser.parse_args()
    workload = WORKLOADS["small"]
    data = workload.data()
    trained = make(workload, workload.initial_weights(), "kgraph")
    batches = cycle([trained.prepare(batch) for batch in data.batches(workload.batch)])
    row = data.x[:1]
    grown = {
        "predict": growth(soak("predict", lambda: trained.model.predict(row, verbose=0), given.predicts)),
        "step": growth(soak("step", lambda: trained.step(next(batches)), given.steps)),
    }
    for name, megabytes in grown.items():
        print(f"{name:8} grew by {megabytes:.2f} MB after the first tenth")
    if max(grown.values()) > given.limit:
        sys.exit(f"soak: memory grows by more than {given.limit:g} MB")


if __name__ == "__main__":
    main()
