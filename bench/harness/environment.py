"""The environment of a worker, the same for every peer, and the machine it runs on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent

#: Variables that begin like this tune a library, or Python, by hand: workers run without them.
TUNING = (
    "BLIS_",
    "GOMP_",
    "GOTO_",
    "JAX_",
    "KERAS_",
    "KGRAPH_",
    "KMP_",
    "MKL_",
    "NUMEXPR_",
    "NVPL_",
    "OMP_",
    "OPENBLAS_",
    "PYTHON",
    "TF_",
    "TORCH",
    "VECLIB_",
    "XLA_",
)


def removed_variables() -> list[str]:
    """The variables of this process that workers run without."""
    return sorted(name for name in os.environ if name.startswith(TUNING))


def worker_environment(extra: Mapping[str, str], scratch: Path, tree: Path = ROOT) -> dict[str, str]:
    """Defaults everywhere: no tuning by hand, no configuration of Keras, an empty cache of compiled torch code.

    Args:
        extra: what the peer itself asks for.
        scratch: an empty folder of the worker's own.
        tree: the source tree whose kgraph is imported.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(TUNING)}
    own = {
        "PYTHONPATH": os.pathsep.join([str(BENCH), str(tree)]),
        "KERAS_HOME": str(scratch / "keras"),
        "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor"),
    }
    return {**kept, **own, **extra}


def machine() -> dict[str, str | int]:
    """What a reader must know about the machine."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": _processor(),
        "cores": usable,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_at_start": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


def distributions(packages: Iterable[str]) -> list[str]:
    """The names of what was installed to have these packages; those that are not there are left out."""
    installed = metadata.packages_distributions()
    return [installed[package][0] for package in packages if package in installed]


def versions(packages: Iterable[str]) -> dict[str, str]:
    """By distribution, for the packages that are there."""
    return {name: metadata.version(name) for name in distributions(packages)}


def _processor() -> str:
    """The processor's name and widest vector instructions, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = facts.get("flags", "").split()
    vectors = next((name for name in ("avx512f", "avx2") if name in flags), "")
    return " ".join(filter(None, [facts.get("model name", platform.machine()), vectors]))
