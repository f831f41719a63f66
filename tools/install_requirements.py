"""Install into this interpreter what ``pyproject.toml`` lists, so that no requirement is written down twice.

    python tools/install_requirements.py build            what building needs, and the run-time packages
    python tools/install_requirements.py test lint ...    an optional group each
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10 has none of its own, but its pip brings one
    from pip._vendor import tomli as tomllib

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def requirements(pyproject: dict[str, Any], group: str) -> list[str]:
    """Return the requirements of ``build`` or of an optional group; ``KeyError`` if there is no such group."""
    if group == "build":
        return [*pyproject["build-system"]["requires"], *pyproject["project"]["dependencies"]]
    return [*pyproject["project"]["optional-dependencies"][group]]


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    pyproject = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    wanted = [requirement for group in sys.argv[1:] for requirement in requirements(pyproject, group)]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    sys.exit(subprocess.call([*pip, *wanted]))
