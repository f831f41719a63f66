"""What is not named gets Keras's name, and Keras's number after it."""

from __future__ import annotations

import inspect
from operator import attrgetter

import pytest
from sides import begin_names_anew, keras, kgraph

pytestmark = pytest.mark.keras

#: Values for arguments that have no default, by name.
VALUES = {
    "units": 2, "rate": 0.1, "function": abs, "stddev": 0.1, "dims": (1,), "n": 2, "scale": 2.0, "target_shape": (2,),
    "axes": 1, "equation": "ab,bc->ac", "output_shape": 3, "input_dim": 2, "output_dim": 2, "activation": "relu",
    "shape": (2,), "fn": abs, "num_classes": 2, "target_class_ids": [0], "specificity": 0.5, "sensitivity": 0.5,
    "precision": 0.5, "recall": 0.5, "learning_rate": 0.1, "name": None,
}  # fmt: skip
#: Records without a name.
NAMELESS = {"layers.InputSpec"}


def classes():
    for module in ("layers", "losses", "metrics", "optimizers", "models"):
        ours, theirs = attrgetter(module)(kgraph), attrgetter(module)(keras)
        for name in ours.__all__:
            path = f"{module}.{name}"
            if inspect.isclass(getattr(ours, name)) and hasattr(theirs, name) and path not in NAMELESS:
                yield path


def needed(cls, side):
    parameters = inspect.signature(cls.__init__).parameters.values()
    names = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD][1:]
    wrapped = {"layer": lambda: side.layers.Dense(2), "inner_optimizer": lambda: side.optimizers.SGD()}
    values = {name: wrapped[name]() if name in wrapped else VALUES[name] for name in names}
    return {"shape": (2,)} if cls.__name__ == "InputLayer" else values


def automatic_names(side, path):
    begin_names_anew(side)
    cls = attrgetter(path)(side)
    arguments = needed(attrgetter(path)(keras), side)
    return [cls(**arguments).name for _ in range(2)]


@pytest.mark.parametrize("path", list(classes()))
def test_what_is_not_named_is_named_as_by_keras(path):
    assert automatic_names(kgraph, path) == automatic_names(keras, path)


def test_names_of_classes_are_taken_apart_as_by_keras():
    from keras.src.utils.naming import to_snake_case

    from kgraph.names import snake_case

    for name in ("Dense", "RMSprop", "AdamW", "MyF1Score", "F1Score", "Conv2DBlock", "IoU", "A1B2", "HTTPLayer"):
        assert snake_case(name) == to_snake_case(name), name
