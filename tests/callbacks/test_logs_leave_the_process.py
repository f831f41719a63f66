"""Logs in CSV files, on servers and on the screen."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from fake_training import FakeModel, epochs, train

from kgraph import Input, Sequential, layers
from kgraph.callbacks import CallbackList, CSVLogger, LambdaCallback, ProgbarLogger, RemoteMonitor
from kgraph.utils import Progbar


def test_a_csv_file_has_a_line_an_epoch_in_the_order_of_the_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    train(CSVLogger(path), [{"loss": 0.5, "acc": 0.25, "val_loss": 1.0}, {"loss": 0.125, "acc": 0.75, "val_loss": 2.0}])
    assert path.read_bytes() == b"epoch,acc,loss,val_loss\r\n0,0.25,0.5,1.0\r\n1,0.75,0.125,2.0\r\n"


def test_columns_for_validation_are_there_before_the_first_one(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    train(CSVLogger(path, separator=";"), [{"loss": 0.5}, {"loss": 0.25, "val_loss": 1.0}])
    assert path.read_text().splitlines() == ["epoch;loss;val_loss", "0;0.5;NA", "1;0.25;1.0"]


def test_a_csv_file_is_replaced_or_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for append in (True, True, False):
        before = path.read_text().splitlines() if path.exists() else []
        train(CSVLogger(path, append=append), epochs("loss", 0.5))
        expected = [*before, "0,0.5,NA"] if before and append else ["epoch,loss,val_loss", "0,0.5,NA"]
        assert path.read_text().splitlines() == expected


def test_arrays_and_texts_can_stand_in_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    train(CSVLogger(path, separator=";"), [{"a": np.array([1, 2]), "b": "text", "c": np.array(3.0)}])
    assert path.read_text().splitlines()[1] == '0;"""[1, 2]""";text;3.0;NA;NA;NA'


def test_a_line_is_in_the_file_when_its_epoch_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    read: list[str] = []
    reading = LambdaCallback(on_epoch_end=lambda epoch, logs: read.append(path.read_text()))
    train(CallbackList([CSVLogger(path), reading]), epochs("loss", 0.5))
    assert read[0].endswith("0,0.5,NA\n")


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, dict[str, str], str]]]]:
    """A server's address, and the requests that it gets: path, headers, body."""
    requests: list[tuple[str, dict[str, str], str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            requests.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keeps the screen free."""

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", requests
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_server_is_told_of_each_epoch_in_a_form(server: Any) -> None:
    root, requests = server
    train(RemoteMonitor(root, headers={"X-Key": "secret"}), [{"loss": np.float32(0.5)}, {"loss": 0.25}])
    assert [path for path, _, _ in requests] == ["/publish/epoch/end/"] * 2
    assert [json.loads(parse_qs(body)["data"][0]) for *_, body in requests] == [
        {"epoch": 0, "loss": 0.5},
        {"epoch": 1, "loss": 0.25},
    ]
    assert requests[0][1]["X-Key"] == "secret"


def test_a_server_can_be_sent_plain_json(server: Any) -> None:
    root, requests = server
    train(RemoteMonitor(root, path="/logs", send_as_json=True), epochs("loss", 0.5))
    path, headers, body = requests[0]
    assert (path, headers["Content-Type"], json.loads(body)) == ("/logs", "application/json", {"epoch": 0, "loss": 0.5})


def test_a_server_that_is_not_there_does_not_stop_the_training() -> None:
    with pytest.warns(UserWarning, match="RemoteMonitor: http://127.0.0.1:9 cannot be reached"):
        train(RemoteMonitor("http://127.0.0.1:9"), epochs("loss", 0.5))


def test_a_progress_bar_among_the_callbacks_takes_the_place_of_the_one_of_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stdout", screen)
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((8, 3), "float32")
    model.fit(x, x[:, :1], epochs=2, verbose=2, validation_split=0.5, callbacks=[ProgbarLogger()])
    model.evaluate(x, x[:, :1], verbose=2, callbacks=[ProgbarLogger()])
    model.predict(x, verbose=2, callbacks=[ProgbarLogger()])
    lines = screen.getvalue().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["Epoch", "Epoch", "1/1", "1/1"]
    assert "- val_loss: " in lines[0]
    assert "- loss: " in lines[2]
    assert "loss" not in lines[3]


def test_a_progress_bar_shows_what_callbacks_before_it_add() -> None:
    shown = ProgbarLogger()
    adding = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=2.0))
    callbacks = CallbackList([adding, shown], model=FakeModel(), verbose=2, epochs=1, steps=1)
    screen = io.StringIO()
    callbacks.on_train_begin()
    shown._progress.stream = screen
    callbacks.on_epoch_begin(0)
    callbacks.on_train_batch_end(0, {"loss": 1.0})
    callbacks.on_epoch_end(0, {"loss": 1.0})
    assert screen.getvalue().endswith("- loss: 1.0000 - extra: 2.0000\n")


def test_the_progress_bar_of_utils_averages_what_it_is_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Progbar(2, verbose=2, stateless_metrics=["loss"])
    bar.update(1, [("loss", 1.0), ("auc", 0.25)])
    bar.update(2, [("loss", np.array([1.0, 3.0])), ("auc", 0.75)])
    assert capsys.readouterr().out.endswith("- loss: 1.5000 - auc: 0.7500\n")


def test_the_progress_bar_of_utils_ends_at_its_target_or_beyond(capsys: pytest.CaptureFixture[str]) -> None:
    Progbar(3, verbose=2, unit_name="file").add(4)
    assert capsys.readouterr().out.startswith("4/3 ")


def test_values_are_averaged_or_not_but_not_both() -> None:
    with pytest.raises(ValueError, match="stateful_metrics or stateless_metrics, not both"):
        Progbar(3, stateful_metrics=["a"], stateless_metrics=["b"])
