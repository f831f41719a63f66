"""One layer on both sides, with the same weights, and what must agree of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from sides import assert_same, both, both_models, give_weights, keras, kgraph


class Case(NamedTuple):
    """A layer to compare.

    Attributes:
        layer: its name, or a function of ``kgraph`` or ``keras`` that makes it, called ``layer``.
        options: its arguments.
        data: an array, or a list of arrays where it takes several.
    """

    layer: Any
    options: dict[str, Any]
    data: Any

    def make(self, side: Any) -> Any:
        """The layer on one side."""
        if callable(self.layer):
            return self.layer(side)
        return getattr(side.layers, self.layer)(name="layer", **self.options)

    @property
    def shapes(self) -> Any:
        """What ``build`` and ``compute_output_shape`` are told, the batch unknown."""
        many = isinstance(self.data, list)
        shapes = [(None, *array.shape[1:]) for array in (self.data if many else [self.data])]
        return shapes if many else shapes[0]

    def inputs(self, side: Any) -> Any:
        """Symbolic inputs of the data's shapes and dtypes."""
        if isinstance(self.data, list):
            return [side.Input(array.shape[1:], dtype=str(array.dtype)) for array in self.data]
        return side.Input(self.data.shape[1:], dtype=str(self.data.dtype))


_pairs: dict[int, Any] = {}


def pair(case: Case) -> tuple[Any, Any]:
    """Models of the layer alone, with the same weights; made once."""

    def model(side: Any) -> Any:
        inputs = case.inputs(side)
        return side.Model(inputs, case.make(side)(inputs))

    if id(case) not in _pairs:
        _pairs[id(case)] = both_models(model)
    return _pairs[id(case)]


def check_outputs(case: Case, phases: tuple[bool, ...] = (False, True)) -> None:
    """The layer gives the same in a model and on arrays, in each of ``phases``."""
    ours, theirs = pair(case)
    mine, other = ours.get_layer("layer"), theirs.get_layer("layer")
    for training in phases:
        expected = other(case.data, training=training)
        assert_same(mine(case.data, training=training), expected)
        if not training:
            assert_same(ours.predict_on_batch(case.data), expected)


def check_description(case: Case) -> None:
    """Shapes, weights, counts, whether masks are passed on, and the configs of both are the same."""
    ours, theirs = pair(case)
    mine, other = ours.get_layer("layer"), theirs.get_layer("layer")
    assert ours.output_shape == theirs.output_shape
    assert tuple(mine.compute_output_shape(case.shapes)) == tuple(other.compute_output_shape(case.shapes))
    assert [(w.name, tuple(w.shape)) for w in mine.weights] == [(w.name, tuple(w.shape)) for w in other.weights]
    assert [w.name for w in mine.trainable_weights] == [w.name for w in other.trainable_weights]
    assert mine.count_params() == other.count_params()
    assert mine.supports_masking == other.supports_masking
    configs = [plain(layer.get_config()) for layer in (mine, other)]
    shared = (configs[0].keys() & configs[1].keys()) - {"dtype", "layer"}
    assert configs[1].keys() - configs[0].keys() <= {"quantization_config", "activity_regularizer", "build_config"}
    for key in shared:
        if key.endswith("initializer"):
            assert configs[0][key]["class_name"] == configs[1][key]["class_name"]
        else:
            assert configs[0][key] == configs[1][key], key


def plain(value: Any) -> Any:
    """``value`` with lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def check_configs_of_the_other_side(case: Case) -> None:
    """A layer is made from the config that the other side, or its own, wrote, and gives the same."""
    ours, theirs = pair(case)
    mine, other = ours.get_layer("layer"), theirs.get_layer("layer")
    made = [
        kgraph.layers.deserialize(keras.layers.serialize(other)),
        keras.layers.deserialize(kgraph.layers.serialize(mine)),
        type(mine).from_config(mine.get_config()),
    ]
    expected = other(case.data)
    for layer in made:
        if not layer.built:
            layer.build([a.shape for a in case.data] if isinstance(case.data, list) else case.data.shape)
        layer.set_weights(other.get_weights())
        assert_same(layer(case.data), expected)


def check_training(case: Case, steps: int = 2) -> None:
    """A model with the layer between dense layers has the same weights after training steps."""
    arrays = case.data if isinstance(case.data, list) else [case.data]

    def model(side: Any) -> Any:
        inputs = [side.Input(array.shape[1:]) for array in arrays]
        before = [side.layers.Dense(x.shape[-1], name=f"before_{i}")(x) for i, x in enumerate(inputs)]
        after = case.make(side)(before if isinstance(case.data, list) else before[0])
        outputs = side.layers.Dense(1, name="after")(side.layers.Flatten()(after))
        made = side.Model(inputs, outputs)
        made.compile(side.optimizers.SGD(0.1), loss="mse")
        return made

    ours, theirs = both(model)
    give_weights(ours, theirs)
    target = np.linspace(-1, 1, len(arrays[0]), dtype="float32")[:, None]
    for _ in range(steps):
        losses = [made.train_on_batch(arrays, target) for made in (ours, theirs)]
        assert_same(*map(float, losses), rtol=1e-4)
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)


@lru_cache
def normal(*shape: int) -> np.ndarray:
    """The same normal numbers at every call."""
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")
