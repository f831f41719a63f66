"""Telling a server of every epoch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from kgraph.callbacks.callback import Callback, Logs

_TIMEOUT = 10.0


class RemoteMonitor(Callback):
    """Posts ``{"epoch": ..., <logs>}`` to a server after each epoch. That it cannot be reached is warned of.

    Args:
        root: the address of the server.
        path: what is added to it.
        field: of the form that holds the JSON text.
        headers: more headers of the request.
        send_as_json: whether the JSON text is sent as it is, and not in a form.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        from json import dumps
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        text = dumps({"epoch": epoch, **{name: _plain(value) for name, value in (logs or {}).items()}})
        kind = "json" if self.send_as_json else "x-www-form-urlencoded"
        body = text if self.send_as_json else urlencode({self.field: text})
        headers = {"Content-Type": f"application/{kind}", **(self.headers or {})}
        try:
            urlopen(Request(self.root + self.path, body.encode(), headers), timeout=_TIMEOUT).close()
        except OSError as error:
            warnings.warn(f"RemoteMonitor: {self.root} cannot be reached: {error}", stacklevel=2)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
