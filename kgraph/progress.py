"""The progress bar: one line, redrawn in a terminal or notebook, and written once in a log file."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, TextIO

import numpy as np

from kgraph.config import is_interactive_logging_enabled
from kgraph.terminal import is_terminal

#: What ``verbose`` may be: nothing, a bar where the stream can redraw, one line at the end.
VERBOSE: Final[Mapping[int | str, int]] = {0: 0, 1: 1, 2: 2, "auto": 1}

#: A notebook redraws through a message to the browser, so it is asked for that less often.
_NOTEBOOK_INTERVAL: Final = 0.2

#: An array that is no longer is shown number by number, a longer one by its mean.
_MOST_SHOWN: Final = 4

#: A number, or the array of a metric with several.
Value = float | np.ndarray
Values = Iterable[tuple[str, Value]]
Logs = Mapping[str, Value]


def verbosity(verbose: int | str) -> int:
    """0, 1 or 2 for what a user gives as ``verbose``.

    Raises:
        ValueError: it is none of those and not ``"auto"``.
    """
    if verbose not in VERBOSE:
        raise ValueError(f"verbose must be one of {', '.join(map(repr, VERBOSE))}, not {verbose!r}")
    if verbose == "auto" and not is_interactive_logging_enabled():
        return 2
    return VERBOSE[verbose]


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook. IPython is not imported to find out."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython is not None and getattr(get_ipython(), "kernel", None) is not None


def format_value(value: Value) -> str:
    """``0.1235``, or ``1.2346e-04`` where four decimals would show too little; of an array each number, or the mean."""
    if isinstance(value, np.ndarray):
        if value.size > _MOST_SHOWN:
            return f"{format_value(float(value.mean()))} (mean of {value.size})"
        return f"[{' '.join(map(format_value, value.ravel().tolist()))}]"
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"


def format_duration(seconds: float) -> str:
    """``80ms``, ``1.3s``, ``42s``, ``3:07`` or ``1:02:03``."""
    if seconds < 0.9995:
        return f"{seconds * 1e3:.0f}ms"
    whole = round(seconds)
    if whole < 10:
        return f"{seconds:.1f}s"
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def format_step_time(seconds: float, micro: str = "µ") -> str:
    """Three digits with a unit that suits them: ``14.2µs``, ``3.05ms``, ``1.2s``."""
    for unit, scale in ((f"{micro}s", 1e6), ("ms", 1e3)):
        if seconds * scale < 999.5:
            return f"{seconds * scale:.3g}{unit}"
    return f"{seconds:.3g}s" if seconds < 999.5 else f"{seconds:.0f}s"


class _Glyphs(NamedTuple):
    done: str
    open: str
    micro: str


_UNICODE: Final = _Glyphs("━", "─", "µ")
_ASCII: Final = _Glyphs("=", ".", "u")


def _glyphs_for(stream: TextIO) -> _Glyphs:
    try:
        (_UNICODE.done + _UNICODE.open + _UNICODE.micro).encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _UNICODE


class _Line:
    """A line of text on a stream that may be able to draw it again."""

    def __init__(self, stream: TextIO, redraws: bool) -> None:
        self.stream = stream
        self.redraws = redraws
        self.drawn = 0

    def redraw(self, text: str) -> None:
        """Draws ``text`` over what stands there, cut to one line of the terminal."""
        if self.redraws:
            self._write(text[: shutil.get_terminal_size().columns - 1])

    def finish(self, text: str) -> None:
        """Draws ``text`` for good."""
        self._write(text, end="\n")
        self.drawn = 0

    def _write(self, text: str, end: str = "") -> None:
        start = "\r" if self.redraws else ""
        self.stream.write(start + text.ljust(self.drawn) + end)
        self.stream.flush()
        self.drawn = len(text)


class Progbar:
    """Shows how far a loop is, how long a step takes, and the metrics so far.

    In a terminal or notebook one line is redrawn. Anywhere else, and with ``verbose=2``, one line is written when the
    loop is done.

    Args:
        target: the number of steps, ``None`` where it is not known.
        width: of the bar, in characters.
        verbose: 0 shows nothing, 1 (or ``"auto"``) a bar, 2 one line at the end.
        interval: the least number of seconds between two drawings.
        stateful_metrics: names of values that are shown as given; others are averaged over the steps.
        unit_name: what a step is called.
        stream: where to write; ``sys.stdout`` where not given.
        title: stands before everything where no line above can say it (a log file, ``verbose=2``).
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int | str = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
        stream: TextIO | None = None,
        title: str = "",
    ) -> None:
        stream = sys.stdout if stream is None else stream
        notebook = stream is sys.stdout and in_notebook()
        self.target = target
        self.width = width
        self.verbose = verbosity(verbose)
        self.interval = max(interval, _NOTEBOOK_INTERVAL) if notebook else interval
        self.stateful_metrics = frozenset(stateful_metrics or ())
        self.unit_name = unit_name
        self.title = title
        self.seen_so_far = 0
        self.redraws = self.verbose == 1 and (notebook or is_terminal(stream))
        self._line = _Line(stream, self.redraws)
        self._glyphs = _glyphs_for(stream)
        self._sums: dict[str, tuple[Value, float]] = {}
        self._start = self._drawn_at = time.perf_counter()
        self._steps_took = 0.0
        self._finished = False

    def is_due(self) -> bool:
        """Whether an update now would be drawn. Asking is cheap, making values to show may not be."""
        return self.redraws and time.perf_counter() - self._drawn_at >= self.interval

    def update(self, current: int, values: Values | None = None, finalize: bool | None = None) -> None:
        """Says that ``current`` steps are done.

        Args:
            current: the steps done since the start.
            values: pairs of name and value of the steps since the last update.
            finalize: whether this is the last update; where not given, when ``current`` reaches the target.
        """
        finalize = current == self.target if finalize is None else finalize
        self._accumulate(current - self.seen_so_far, values or ())
        now = self.reach(current)
        if not self.verbose or self._finished:
            return
        if finalize:
            self._finished = True
            self._line.finish(self._text(now))
        elif self.redraws and now - self._drawn_at >= self.interval:
            self._drawn_at = now
            self._line.redraw(self._text(now))

    def add(self, n: int, values: Values | None = None) -> None:
        """Says that ``n`` more steps are done."""
        self.update(self.seen_so_far + n, values)

    def reach(self, current: int) -> float:
        """Notes when ``current`` steps were done, without drawing; gives the time now."""
        now = time.perf_counter()
        if current > self.seen_so_far:
            self._steps_took = now - self._start
        self.seen_so_far = current
        return now

    def interrupt(self) -> None:
        """Ends a line that is half drawn, so that what is printed next stands below it."""
        if self._line.drawn:
            self._line.finish(self._text(time.perf_counter()))
            self._finished = True

    def _accumulate(self, steps: int, values: Values) -> None:
        for name, value in values:
            number = _plain(value)
            if name in self.stateful_metrics:
                self._sums[name] = (number, 1)
            else:
                # The values that a final update brings along, without a step, count as one.
                weight = max(steps, 1)
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = (total + number * weight, count + weight)

    def _text(self, now: float) -> str:
        title = "" if self.redraws else self.title
        spent = format_duration(now - self._start)
        head = " ".join(filter(None, (self._count(), self._bar(), spent, self._step_time(), self._to_go())))
        values = [f"{name}: {format_value(total / count)}" for name, (total, count) in self._sums.items()]
        return " - ".join(filter(None, (title, head, *values)))

    def _count(self) -> str:
        if self.target is None:
            return f"{self.seen_so_far}/?"
        return f"{self.seen_so_far:>{len(str(self.target))}}/{self.target}"

    def _bar(self) -> str:
        if not self.redraws or not self.target:
            return ""
        done = min(self.width * self.seen_so_far // self.target, self.width)
        return self._glyphs.done * done + self._glyphs.open * (self.width - done)

    def _step_time(self) -> str:
        if not self.seen_so_far:
            return ""
        return f"{format_step_time(self._steps_took / self.seen_so_far, self._glyphs.micro)}/{self.unit_name}"

    def _to_go(self) -> str:
        if self._finished or not self.target or not self.seen_so_far:
            return ""
        left = (self.target - self.seen_so_far) * self._steps_took / self.seen_so_far
        return f"(ETA {format_duration(left)})" if left >= 1 else ""


def _plain(value: object) -> Value:
    """A value of any kind as a float, or an array where it has several numbers."""
    if isinstance(value, (int, float)):
        return value
    array = np.asarray(value, np.float64)
    return array.item() if array.size == 1 else array


class EpochProgress:
    """What ``fit``, ``evaluate`` and ``predict`` show: a ``Progbar`` an epoch, with ``Epoch 3/10`` above or before it.

    Args:
        verbose: as users give it.
        epochs: how many there will be, or ``None`` where the loop has no epochs.
        stream: where to write; ``sys.stdout`` where not given.
    """

    def __init__(self, verbose: int | str = "auto", epochs: int | None = None, stream: TextIO | None = None) -> None:
        self.verbose = verbosity(verbose)
        self.epochs = epochs
        self.stream = stream
        self.bar = Progbar(None, verbose=0)

    def begin(self, steps: int | None, epoch: int = 0) -> None:
        """Starts ``epoch`` (the first is 0) of ``steps`` steps."""
        title = f"Epoch {epoch + 1}/{self.epochs}" if self.epochs else ""
        self.bar = Progbar(steps, verbose=self.verbose, stream=self.stream, title=title)
        if title and self.bar.redraws:
            print(title, file=self.stream)

    def is_due(self) -> bool:
        """Whether ``update`` would draw now."""
        return self.bar.is_due()

    def update(self, step: int, logs: Logs | Callable[[], Logs]) -> None:
        """Says that ``step`` steps are done, with the metrics so far, or a function that is asked for them if drawn."""
        self.bar.reach(step)
        if self.is_due():
            self._show(step, logs() if callable(logs) else logs, finalize=False)

    def end(self, step: int, logs: Logs) -> None:
        """Ends the epoch, with all its metrics. Now it is known how many steps it had."""
        if self.bar.target is None:
            self.bar.target = step
        self._show(step, logs, finalize=True)

    def interrupt(self) -> None:
        """Ends a line that is half drawn: the loop stops here."""
        self.bar.interrupt()

    def _show(self, step: int, logs: Logs, finalize: bool) -> None:
        self.bar.stateful_metrics = frozenset(logs)
        self.bar.update(step, list(logs.items()), finalize=finalize)
