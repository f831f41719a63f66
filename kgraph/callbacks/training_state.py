"""All that decides how a training goes on: every variable of a step, and the generators of random numbers."""

from __future__ import annotations

import os
import random
from typing import Any, Final

import numpy as np

from kgraph.files import replacing
from kgraph.random.seeds import global_seed_generator
from kgraph.runtime.storage import Storage

#: The entry of the file that holds what is no variable, as JSON.
_ABOUT: Final = "about"


def write_state(path: str, model: Any, position: dict[str, int], previous: str | None) -> None:
    """Writes the state of ``model`` in training to ``path``, which has the old state until all of the new is there.

    Args:
        path: of the file.
        model: its training function has been made.
        position: where the training is; ``read_state`` gives it again.
        previous: where to move the old state, if it is to be kept.
    """
    from json import dumps

    about = {"position": position, "python": random.getstate(), "numpy": _numpy_state()}
    arrays = {f"{place}:{name}": storage.array for place, (name, storage) in enumerate(_storages(model))}
    arrays[_ABOUT] = np.frombuffer(dumps(about).encode(), np.uint8)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]
        if previous is not None and os.path.exists(path):
            os.replace(path, previous)


def read_state(path: str, model: Any) -> dict[str, int]:
    """Makes the state of ``model`` and of the generators what it was when ``path`` was written.

    Returns:
        The ``position`` that was given then.

    Raises:
        OSError: the file is not whole, or not one of these.
        ValueError: it is of a model with other variables. Nothing is changed then.
    """
    from json import loads
    from zipfile import BadZipFile

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = loads(arrays.pop(_ABOUT).tobytes())
    except (ValueError, KeyError, AttributeError, EOFError, BadZipFile) as error:
        raise OSError(f"{path} holds no whole state of a training: {error}") from error
    storages = _storages(model)
    _check_fit(path, storages, arrays)
    for (_, storage), array in zip(storages, arrays.values(), strict=True):
        storage.set(array)
    version, numbers, spare = about["python"]
    random.setstate((version, tuple(numbers), spare))
    np.random.set_state(about["numpy"])
    position: dict[str, int] = about["position"]
    return position


def _storages(model: Any) -> list[tuple[str, Storage]]:
    """Name and memory of each variable that a step of training may read or change, or that is saved with the model."""
    variables = [*model.variables, *model.optimizer.variables, global_seed_generator().state]
    named = [(variable.path, variable.storage) for variable in variables]
    named += model.train_function.variables.items()
    found: dict[int, tuple[str, Storage]] = {}
    for name, storage in named:
        found.setdefault(id(storage), (name, storage))
    return list(found.values())


def _check_fit(path: str, storages: list[tuple[str, Storage]], arrays: dict[str, np.ndarray]) -> None:
    if len(storages) != len(arrays):
        raise ValueError(
            f"{path} is of another training: it holds {len(arrays)} variables, and this one has {len(storages)}"
        )
    for (name, storage), array in zip(storages, arrays.values(), strict=True):
        if (storage.array.shape, storage.array.dtype) != (array.shape, array.dtype):
            wanted, given = (f"{a.dtype.name} of shape {a.shape}" for a in (storage.array, array))
            raise ValueError(f"{path} is of another training: it has {given} where {name} is {wanted}")


def _numpy_state() -> dict[str, Any]:
    """The state of numpy's global generator, in lists."""
    state: dict[str, Any] = np.random.get_state(legacy=False)
    inner = {name: np.asarray(value).tolist() for name, value in state["state"].items()}
    return {**state, "state": inner}
