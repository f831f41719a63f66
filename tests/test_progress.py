"""The progress bar, on streams that can redraw and on streams that cannot."""

from __future__ import annotations

import io
import sys
import time
import types
from collections.abc import Iterator

import pytest

from kgraph import progress
from kgraph.progress import EpochProgress, Progbar, format_duration, format_step_time, format_value


class Clock:
    """A clock that tests set."""

    now = 100.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", lambda: clock.now)
    return clock


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "120")
    yield


def test_a_log_file_gets_one_line_without_carriage_returns(clock: Clock) -> None:
    log = io.StringIO()
    bar = Progbar(4, stream=log)
    for step in range(1, 5):
        clock.now += 0.01
        bar.update(step, [("loss", step / 10)])
    assert log.getvalue() == "4/4 40ms 10ms/step - loss: 0.2500\n"


def test_verbose_2_writes_one_line_in_a_terminal_too(clock: Clock) -> None:
    terminal = Terminal()
    bar = Progbar(2, verbose=2, stream=terminal)
    clock.now += 3
    bar.update(1)
    bar.update(2, [("loss", 1.0)])
    assert terminal.getvalue() == "2/2 3.0s 1.5s/step - loss: 1.0000\n"


def test_verbose_0_shows_nothing() -> None:
    terminal = Terminal()
    bar = Progbar(2, verbose=0, stream=terminal)
    bar.update(1)
    bar.update(2)
    assert terminal.getvalue() == ""
    assert not bar.is_due()


def test_a_terminal_has_one_line_redrawn(clock: Clock) -> None:
    terminal = Terminal()
    bar = Progbar(10, width=10, stream=terminal)
    clock.now += 2
    bar.update(5, [("loss", 0.5)])
    clock.now += 2
    bar.update(10, [("loss", 0.7)])
    assert terminal.getvalue().split("\r") == [
        "",
        " 5/10 ━━━━━───── 2.0s 400ms/step (ETA 2.0s) - loss: 0.5000",
        "10/10 ━━━━━━━━━━ 4.0s 400ms/step - loss: 0.6000".ljust(58) + "\n",
    ]


def test_a_shorter_line_covers_the_longer_one_before(clock: Clock) -> None:
    terminal = Terminal()
    bar = Progbar(10, stream=terminal)
    clock.now += 50
    bar.update(1)
    clock.now += 1
    bar.update(10)
    longer, shorter = terminal.getvalue().rstrip("\n").split("\r")[1:]
    assert len(shorter) == len(longer) > len(shorter.rstrip())


def test_a_line_never_wraps_while_it_is_redrawn(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    bar = Progbar(10, stream=terminal)
    clock.now += 1
    bar.update(5, [("a_metric_with_a_long_name", 0.5)])
    assert len(terminal.getvalue().lstrip("\r")) == 39


def test_it_is_drawn_at_most_once_an_interval(clock: Clock) -> None:
    terminal = Terminal()
    bar = Progbar(1000, interval=0.05, stream=terminal)
    for step in range(1, 101):
        clock.now += 0.001
        bar.update(step)
    assert terminal.getvalue().count("\r") == 2


def test_a_stream_that_cannot_encode_the_bar_gets_plain_characters(clock: Clock) -> None:
    class AsciiTerminal(Terminal):
        encoding = "ascii"

    terminal = AsciiTerminal()
    bar = Progbar(10, width=10, stream=terminal)
    clock.now += 0.001
    bar.update(10)
    assert terminal.getvalue() == "\r10/10 ========== 1ms 100us/step\n"


def test_values_are_averaged_over_steps_but_stateful_ones_are_shown_as_given() -> None:
    log = io.StringIO()
    bar = Progbar(4, stateful_metrics=["auc"], stream=log)
    bar.update(1, [("loss", 1.0), ("auc", 0.1)])
    bar.update(4, [("loss", 3.0), ("auc", 0.9)])
    assert log.getvalue().endswith("- loss: 2.5000 - auc: 0.9000\n")


def test_add_counts_on() -> None:
    log = io.StringIO()
    bar = Progbar(3, unit_name="file", stream=log)
    bar.add(1)
    bar.add(2, [("size", 2.0)])
    assert log.getvalue().startswith("3/3 ")
    assert "/file" in log.getvalue()


def test_an_unknown_target_ends_when_it_is_said_to() -> None:
    log = io.StringIO()
    bar = Progbar(None, stream=log)
    bar.update(7)
    assert log.getvalue() == ""
    bar.update(7, finalize=True)
    assert log.getvalue().startswith("7/? ")


def test_what_comes_after_the_last_update_is_not_drawn() -> None:
    log = io.StringIO()
    bar = Progbar(2, stream=log)
    bar.update(2)
    bar.update(2, finalize=True)
    assert log.getvalue().count("\n") == 1


def test_the_time_of_a_step_leaves_out_what_follows_the_last_step(clock: Clock) -> None:
    log = io.StringIO()
    bar = Progbar(10, stream=log)
    clock.now += 1
    bar.update(10, finalize=False)
    clock.now += 4
    bar.update(10, finalize=True)
    assert log.getvalue() == "10/10 5.0s 100ms/step\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.1235"), (1234.5, "1234.5000"), (1.5e-5, "1.5000e-05"), (0.0, "0.0000"), (-2.0, "-2.0000")],
)
def test_values_have_four_decimals(value: float, text: str) -> None:
    assert format_value(value) == text
    assert format_value(float("nan")) == "nan"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.0404, "40ms"),
        (0.9999, "1.0s"),
        (9.4, "9.4s"),
        (9.9, "10s"),
        (59.4, "59s"),
        (59.9, "1:00"),
        (187, "3:07"),
        (3723, "1:02:03"),
    ],
)
def test_durations_have_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(14.23e-6, "14.2µs"), (999e-6, "999µs"), (999.9e-6, "1ms"), (0.0123, "12.3ms"), (1.5, "1.5s"), (2000, "2000s")],
)
def test_step_times_have_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert format_step_time(seconds) == text


@pytest.mark.parametrize("verbose", [3, "always", None])
def test_another_verbosity_is_refused(verbose: object) -> None:
    with pytest.raises(ValueError, match="verbose must be one of 0, 1, 2, 'auto'"):
        Progbar(1, verbose=verbose)  # type: ignore[arg-type]


def test_a_notebook_is_known_by_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[arg-type]
    assert progress.in_notebook()
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    bar = Progbar(1)
    assert bar.interval == 0.2
    bar.update(1)
    assert stdout.getvalue().startswith("\r1/1 ")
    assert not Progbar(1, stream=io.StringIO()).redraws


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace()])
def test_a_shell_is_no_notebook(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[arg-type]
    assert not progress.in_notebook()


def test_python_without_ipython_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not progress.in_notebook()


def test_epochs_in_a_log_file_are_one_line_each(clock: Clock) -> None:
    log = io.StringIO()
    shown = EpochProgress(epochs=2, stream=log)
    for epoch in range(2):
        shown.begin(5, epoch)
        clock.now += 0.5
        shown.update(5, {"loss": 9.0})
        shown.end(5, {"loss": 0.5, "val_loss": 0.25})
    assert log.getvalue().splitlines() == [
        "Epoch 1/2 - 5/5 500ms 100ms/step - loss: 0.5000 - val_loss: 0.2500",
        "Epoch 2/2 - 5/5 500ms 100ms/step - loss: 0.5000 - val_loss: 0.2500",
    ]


def test_validation_adds_to_the_time_of_an_epoch_but_not_of_its_steps(clock: Clock) -> None:
    log = io.StringIO()
    shown = EpochProgress(epochs=1, stream=log)
    shown.begin(5)
    clock.now += 1
    shown.update(5, {"loss": 0.5})
    clock.now += 3
    shown.end(5, {"loss": 0.5})
    assert log.getvalue() == "Epoch 1/1 - 5/5 4.0s 200ms/step - loss: 0.5000\n"


def test_epochs_in_a_terminal_have_their_number_above(clock: Clock) -> None:
    terminal = Terminal()
    shown = EpochProgress(epochs=2, stream=terminal)
    shown.begin(5, 1)
    shown.end(5, {"loss": 0.5})
    assert terminal.getvalue().startswith("Epoch 2/2\n\r5/5 ━━━")


def test_metrics_are_asked_for_only_when_they_are_drawn(clock: Clock) -> None:
    asked: list[int] = []

    def logs() -> dict[str, float]:
        asked.append(1)
        return {"loss": 0.5}

    shown = EpochProgress(stream=Terminal())
    shown.begin(100)
    shown.update(1, logs)
    assert not asked
    clock.now += 0.06
    shown.update(2, logs)
    assert len(asked) == 1


def test_an_interrupted_line_is_ended(clock: Clock) -> None:
    terminal = Terminal()
    shown = EpochProgress(stream=terminal)
    shown.begin(100)
    clock.now += 1
    shown.update(50, {"loss": 0.5})
    shown.interrupt()
    assert terminal.getvalue().endswith("- loss: 0.5000\n")


def test_nothing_is_ended_where_nothing_was_drawn() -> None:
    log = io.StringIO()
    shown = EpochProgress(stream=log)
    shown.begin(100)
    shown.interrupt()
    assert log.getvalue() == ""
