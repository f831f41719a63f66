"""Write ``kgraph/datasets/digits.npz`` from the copy of the UCI digits inside scikit-learn's wheel.

    pip download --no-deps scikit-learn
    unzip -p scikit_learn-*.whl sklearn/datasets/data/digits.csv.gz > digits.csv.gz
    python tools/make_digits.py digits.csv.gz

The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).resolve().parents[1] / "kgraph" / "datasets" / "digits.npz"
TEST_EVERY = 5
SIDE = 8


def read_rows(path: Path) -> NDArray[np.uint8]:
    """Return the source's 1,797 rows of 64 pixels and a label."""
    with gzip.open(path, "rt") as lines:
        return np.loadtxt(lines, delimiter=",").astype(np.uint8)


def split(rows: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """Put every fifth image of each digit into the test part, and shuffle both parts."""
    by_digit = np.argsort(rows[:, -1], kind="stable")
    is_test = np.zeros(len(rows), dtype=bool)
    is_test[by_digit[::TEST_EVERY]] = True
    # RandomState's streams are frozen across numpy versions, default_rng's are not.
    shuffle = np.random.RandomState(0).permutation
    arrays = {}
    for part, members in (("train", ~is_test), ("test", is_test)):
        chosen = rows[shuffle(np.flatnonzero(members))]
        arrays[f"x_{part}"] = chosen[:, :-1].reshape(-1, SIDE, SIDE)
        arrays[f"y_{part}"] = chosen[:, -1]
    return arrays


def write(arrays: dict[str, NDArray[np.uint8]], path: Path) -> None:
    """Write a compressed npz. Not ``np.savez_compressed``: that one stores the time of writing."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, member.getvalue(), compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(split(read_rows(Path(sys.argv[1]))), TARGET)
    print(f"wrote {TARGET} ({TARGET.stat().st_size:,} bytes)")
