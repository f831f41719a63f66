"""What a script says while it works: on stderr, so that stdout holds the results alone."""

from __future__ import annotations

import sys
import time


def tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
