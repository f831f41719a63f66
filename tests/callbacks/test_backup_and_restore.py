"""A training that was cut short goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kgraph
from kgraph import Input, Sequential, layers, utils
from kgraph.callbacks import BackupAndRestore, Callback

SCRIPT = Path(__file__).with_name("interrupted_training.py")
#: The kgraph that is tested here is the one that the processes are to import.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(kgraph.__file__).parents[1])}


def run(*arguments: Any) -> int:
    """The exit code of a process that trains."""
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, check=False).returncode


def arrays(path: Path) -> list[np.ndarray]:
    with np.load(path) as file:
        return [file[name] for name in file.files]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Weights and optimizer variables of a training that nothing interrupts."""
    result = tmp_path_factory.mktemp("undisturbed") / "result.npz"
    assert run(result, "-", "epoch", 1) == 0
    return arrays(result)


@pytest.mark.parametrize("place", [(0, 3), (2, 4)])
def test_a_training_that_is_killed_in_an_epoch_ends_with_the_same_bits(
    place: tuple[int, int], undisturbed: list[np.ndarray], tmp_path: Path
) -> None:
    backup, result = tmp_path / "backup", tmp_path / "result.npz"
    assert run(result, backup, "epoch", 1, *place) == -signal.SIGKILL
    assert (backup / "latest.npz").exists() == (place[0] > 0)
    # Another seed: before the first backup it has to be the same one, later on the backup brings its own.
    assert run(result, backup, "epoch", 1 if place[0] == 0 else 99) == 0
    resumed = arrays(result)
    assert len(resumed) == len(undisturbed)
    assert all(np.array_equal(one, other) for one, other in zip(resumed, undisturbed, strict=True))
    assert not backup.exists()


def test_a_training_that_is_backed_up_between_steps_goes_on_with_the_steps_it_has_made(tmp_path: Path) -> None:
    backup, result = tmp_path / "backup", tmp_path / "result.npz"
    assert run(result, backup, 3, 1, 2, 4) == -signal.SIGKILL
    with np.load(backup / "latest.npz") as file:
        (iterations,) = (file[name] for name in file.files if name.endswith("/iterations"))
    # 7 steps an epoch: the last multiple of 3 below 2 * 7 + 5 steps.
    assert iterations == 18
    assert run(result, backup, 3, 99) == 0
    # The third epoch begins anew, and the fourth and fifth follow.
    assert 18 + 3 * 7 in [int(array) for array in arrays(result) if array.shape == ()]


class Stopping(Callback):
    """Raises when an epoch begins."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch
        self.seen: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.seen.append(epoch)
        if epoch == self.epoch:
            raise KeyboardInterrupt


X = np.random.default_rng(2).normal(size=(12, 3)).astype("float32")


def compiled(units: int = 4) -> Any:
    utils.clear_session()
    model = Sequential([Input((3,)), layers.Dense(units), layers.Dropout(0.5), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def fit(model: Any, *callbacks: Callback, **arguments: Any) -> Any:
    return model.fit(X, X[:, :1], **{"batch_size": 4, "epochs": 5, "verbose": 0, "callbacks": callbacks, **arguments})


def interrupted(backup: Path, epoch: int = 3, **arguments: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(compiled(), BackupAndRestore(backup, **arguments), Stopping(epoch))


def test_only_the_epochs_that_are_missing_are_run(tmp_path: Path) -> None:
    interrupted(tmp_path)
    seen = Stopping(-1)
    history = fit(compiled(), BackupAndRestore(tmp_path), seen, initial_epoch=1)
    assert seen.seen == history.epoch == [3, 4]
    assert list(tmp_path.parent.glob(tmp_path.name)) == []


def test_the_next_training_of_the_same_model_starts_from_the_beginning(tmp_path: Path) -> None:
    interrupted(tmp_path)
    model = compiled()
    fit(model, BackupAndRestore(tmp_path))
    assert fit(model).epoch == [0, 1, 2, 3, 4]


def test_a_training_that_had_ended_but_for_its_files_does_nothing_more(tmp_path: Path) -> None:
    model = compiled()
    fit(model, BackupAndRestore(tmp_path, delete_checkpoint=False))
    assert (tmp_path / "latest.npz").exists()
    again = compiled()
    assert fit(again, BackupAndRestore(tmp_path)).epoch == []
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))


def test_files_of_others_stay_and_half_written_ones_go(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("stays")
    (tmp_path / ".latest.npz.half.npz").write_text("left by a process that was killed")
    fit(compiled(), BackupAndRestore(tmp_path, double_checkpoint=True))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_broken_file_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    interrupted(tmp_path, double_checkpoint=True)
    latest = tmp_path / "latest.npz"
    latest.write_bytes(latest.read_bytes()[:-100])
    assert fit(compiled(), BackupAndRestore(tmp_path, double_checkpoint=True)).epoch == [2, 3, 4]


def test_a_missing_file_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    interrupted(tmp_path, double_checkpoint=True)
    (tmp_path / "latest.npz").unlink()
    assert fit(compiled(), BackupAndRestore(tmp_path)).epoch == [2, 3, 4]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_broken_file_alone_is_an_error(content: bytes | None, tmp_path: Path) -> None:
    interrupted(tmp_path)
    latest = tmp_path / "latest.npz"
    if content is None:
        np.savez(latest, weights=np.zeros(3))
    else:
        latest.write_bytes(content)
    with pytest.raises(OSError, match="latest.npz holds no whole state of a training"):
        fit(compiled(), BackupAndRestore(tmp_path))


def test_a_file_of_another_model_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    interrupted(tmp_path)
    model = compiled(units=5)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"of another training: it has .* \(3, 4\) where dense/kernel is"):
        fit(model, BackupAndRestore(tmp_path))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_file_with_fewer_variables_is_refused(tmp_path: Path) -> None:
    interrupted(tmp_path)
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="of another training: it holds .* variables, and this one has"):
        fit(model, BackupAndRestore(tmp_path))


@pytest.mark.parametrize("arguments", [{"backup_dir": ""}, {"backup_dir": "b", "save_freq": "batch"}])
def test_what_makes_no_backup_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"BackupAndRestore: {list(arguments)[-1]} must"):
        BackupAndRestore(**arguments)
