"""Files that are never half written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[str]:
    """Gives the name of a new file beside ``path``, and renames it to ``path`` when the block has ended well.

    Readers see the old file or the whole new one. If the block raises, the new file is removed and ``path`` is as it
    was.

    Raises:
        OSError: there can be no file; it names ``path``.
    """
    # Only what writes files needs it, and it brings a tenth of this package's import time.
    import tempfile

    target = os.path.abspath(path)
    try:
        handle, temporary = tempfile.mkstemp(
            dir=os.path.dirname(target), prefix=f".{os.path.basename(target)}.", suffix=os.path.splitext(target)[1]
        )
    except OSError as error:
        error.filename = os.fspath(path)
        raise
    os.close(handle)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~umask())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def umask() -> int:
    """The permissions that this process takes away from what it makes."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
