"""Arrays in ``.npz`` files that may come from anywhere: nothing is believed that the file says of itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from typing import IO, TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

#: What may go wrong in a file of random bytes, beside what numpy and zipfile say themselves.
_BROKEN: Final = (ValueError, EOFError, OSError, RuntimeError, KeyError, OverflowError, SyntaxError)
_SUFFIX: Final = ".npy"


class ArchiveError(ValueError):
    """A file that holds no arrays, or others than were asked for."""


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes ``arrays`` by name, as ``numpy.load`` reads them; any name will do."""
    from zipfile import ZipFile

    with ZipFile(path, "w", allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}{_SUFFIX}", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)


def read_arrays(path: str | os.PathLike[str], dtypes: Mapping[str, np.dtype], most_bytes: int) -> dict[str, np.ndarray]:
    """The arrays that a file holds.

    Args:
        path: of the file.
        dtypes: of each array that it may hold, by name.
        most_bytes: of all arrays together; nothing is read of a file that says it has more.

    Raises:
        ArchiveError: it is broken, or has other arrays or more bytes; the message names the array.
    """
    from zipfile import BadZipFile, ZipFile
    from zlib import error as CompressionError

    name = os.path.basename(path)
    try:
        with closing(ZipFile(path)) as archive:
            return _read_members(archive, dtypes, most_bytes)
    except ArchiveError as error:
        raise ArchiveError(f"{name}: {error}") from None
    except FileNotFoundError:
        raise
    except (*_BROKEN, BadZipFile, CompressionError) as error:
        raise ArchiveError(f"{name} is no archive of arrays: {error}") from None


def _read_members(archive: ZipFile, dtypes: Mapping[str, np.dtype], most_bytes: int) -> dict[str, np.ndarray]:
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > most_bytes:
        raise ArchiveError(f"it holds {total:,} bytes, but no more than {most_bytes:,} are read")
    arrays: dict[str, np.ndarray] = {}
    for member in members:
        name = member.filename.removesuffix(_SUFFIX)
        if name not in dtypes:
            raise ArchiveError(f"it holds {name!r}, which was not asked for")
        if name in arrays:
            raise ArchiveError(f"it holds {name!r} twice")
        arrays[name] = _read_member(archive, member, name, dtypes[name])
    return arrays


def _read_member(archive: ZipFile, member: ZipInfo, name: str, dtype: np.dtype) -> np.ndarray:
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise ArchiveError(f"{name!r} is compressed in a way that is not read")
    with archive.open(member) as file:
        shape, found = _header(file)
        said = int(np.prod(shape, dtype=object)) * found.itemsize
        left = member.file_size - file.tell()
    if found != dtype:
        raise ArchiveError(f"{name!r} is {found}, not {dtype}")
    if said != left:
        raise ArchiveError(f"{name!r} is said to be of shape {shape}, which is {said:,} bytes, but there are {left:,}")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ArchiveError(f"an array is in version {version} of the format, which is not read")
    shape, _, dtype = readers[version](file)
    return shape, dtype
