"""The same data of every kind, on both sides: losses of the epochs, and weights after them."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pytest
from sides import assert_same, both_models, keras, kgraph

pytestmark = pytest.mark.keras

SIDES = [kgraph, keras]
BATCH, COUNT = 16, 48
RNG = np.random.default_rng(3)
X = np.where(RNG.random((COUNT, 6)) > 0.4, RNG.normal(size=(COUNT, 6)), 0).astype("float32")
Y = RNG.normal(size=(COUNT, 1)).astype("float32")
LABELS = (np.arange(COUNT) % 3).astype("int32")
WEIGHTS = RNG.uniform(0.5, 2.0, COUNT).astype("float32")


def make(side):
    inputs = side.Input((6,), name="features")
    model = side.Model(inputs, side.layers.Dense(1, name="value")(side.layers.Dense(4, activation="tanh")(inputs)))
    extra = {"weighting": "keras3"} if side is kgraph else {}
    model.compile(side.optimizers.SGD(0.1), "mse", **extra)
    return model


def batches(*arrays):
    return [tuple(a[begin : begin + BATCH] for a in arrays) for begin in range(0, COUNT, BATCH)]


def endless(*arrays):
    while True:
        yield from batches(*arrays)


def numbered(side, *arrays, **how):
    class Numbered(side.utils.PyDataset):
        def __len__(self):
            return COUNT // BATCH

        def __getitem__(self, index):
            return batches(*arrays)[index]

    return Numbered(**how)


def sparse(side):
    return pytest.importorskip("scipy.sparse").csr_matrix(X)


def frame(side):
    return pytest.importorskip("pandas").DataFrame(X)


def series(side):
    return pytest.importorskip("pandas").Series(Y[:, 0])


#: What is given to fit on each side, beside what all of them get.
DATA = {
    "arrays in some steps": lambda side: {"x": X, "y": Y, "batch_size": BATCH, "steps_per_epoch": 2},
    "arrays in steps that say the size": lambda side: {"x": X, "y": Y, "steps_per_epoch": 3},
    "a generator": lambda side: {"x": endless(X, Y), "steps_per_epoch": 3},
    "a generator in some steps": lambda side: {"x": endless(X, Y), "steps_per_epoch": 2},
    "a generator with weights": lambda side: {"x": endless(X, Y, WEIGHTS), "steps_per_epoch": 3},
    "a dataset": lambda side: {"x": numbered(side, X, Y)},
    "a dataset with weights": lambda side: {"x": numbered(side, X, Y, WEIGHTS)},
    # In Keras the batches that several workers have made by the end of an epoch come first in the next.
    "a dataset of several workers": lambda side: {"x": numbered(side, X, Y, workers=2 if side is kgraph else 1)},
    "a dataset in some steps": lambda side: {"x": numbered(side, X, Y), "steps_per_epoch": 2},
    "a sparse matrix": lambda side: {"x": sparse(side), "y": Y, "batch_size": BATCH},
    "a frame and a series": lambda side: {"x": frame(side), "y": series(side), "batch_size": BATCH},
}


@pytest.mark.parametrize("case", DATA)
@pytest.mark.filterwarnings("ignore:the data ran out", "ignore:Your input ran out", "ignore:`shuffle=True`")
def test_data_of_every_kind_train_as_in_keras(case):
    models = both_models(make)
    histories = []
    for side, model in zip(SIDES, models, strict=True):
        validation = numbered(side, X, Y) if case == "a dataset" else None
        given = {"validation_data": validation, **DATA[case](side)}
        histories.append(model.fit(**given, epochs=3, shuffle=False, verbose=0).history)
    ours, theirs = histories
    assert ours.keys() == theirs.keys()
    # The loss of an epoch that ends early is told of fewer samples on both sides.
    for name in ours:
        assert ours[name] == pytest.approx(theirs[name], rel=1e-4)
    assert_same(*(model.get_weights() for model in models), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shuffle", [True, "batch"])
def test_the_same_seed_shuffles_arrays_as_in_keras(shuffle):
    models = both_models(make)
    for model in models:
        # The first batch that keras takes to build its metrics draws an order of its own.
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        np.random.seed(4)
        model.fit(X, Y, batch_size=BATCH, shuffle=shuffle, epochs=2, verbose=0)
    assert_same(*(model.get_weights() for model in models), rtol=1e-4, atol=1e-5)


def test_the_same_seed_shuffles_the_batches_of_a_dataset_as_in_keras():
    models = both_models(make)
    for side, model in zip(SIDES, models, strict=True):
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        random.seed(4)
        model.fit(numbered(side, X, Y), epochs=2, verbose=0)
    assert_same(*(model.get_weights() for model in models), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("how", ["evaluate", "predict"])
def test_evaluations_and_predictions_are_those_of_keras(how):
    ours, theirs = both_models(make)
    cases = [
        lambda side: {"x": numbered(side, X, Y)},
        lambda side: {"x": endless(X, Y), "steps": 2},
        lambda side: {"x": sparse(side), "batch_size": BATCH, **({"y": Y} if how == "evaluate" else {})},
    ]
    for case in cases:
        mine, other = (getattr(m, how)(**case(s), verbose=0) for s, m in ((kgraph, ours), (keras, theirs)))
        assert_same(np.asarray(mine), np.asarray(other), rtol=1e-4, atol=1e-5)


def classes(side):
    inputs = side.Input((6,))
    model = side.Model(inputs, side.layers.Dense(3, activation="softmax")(inputs))
    extra = {"weighting": "keras3"} if side is kgraph else {}
    model.compile(side.optimizers.SGD(0.1), "sparse_categorical_crossentropy", **extra)
    return model


def test_class_weights_weigh_a_dataset_and_not_its_validation_as_in_keras():
    models = both_models(classes)
    histories = []
    for side, model in zip(SIDES, models, strict=True):
        data = numbered(side, X, LABELS)
        by_class = {0: 1.0, 1: 3.0, 2: 0.5}
        arguments = {"class_weight": by_class, "shuffle": False, "epochs": 2, "verbose": 0}
        histories.append(model.fit(data, validation_data=data, **arguments).history)
        arrays = model.fit(X, LABELS, batch_size=BATCH, validation_split=1 / 3, **arguments).history
        histories[-1] = {name: values + arrays[name] for name, values in histories[-1].items()}
    ours, theirs = histories
    assert {name: pytest.approx(values, rel=1e-4) for name, values in theirs.items()} == ours
    assert_same(*(model.get_weights() for model in models), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("side", SIDES, ids=["kgraph", "keras"])
def test_what_does_not_go_with_batches_is_refused_on_both_sides(side):
    model = make(side)
    for wrong in ({"y": Y}, {"sample_weight": WEIGHTS}, {"validation_split": 0.2}):
        with pytest.raises(ValueError):
            model.fit(**{"x": endless(X, Y), "steps_per_epoch": 2, "verbose": 0, **wrong})


@pytest.mark.parametrize("side", SIDES, ids=["kgraph", "keras"])
def test_data_that_end_early_warn_on_both_sides(side):
    model = make(side)
    for data in (iter(batches(X, Y)), numbered(side, X, Y)):
        if side is keras and not isinstance(data, keras.utils.PyDataset):
            data = (batch for batch in data)
        with pytest.warns(UserWarning, match="ran out"):
            model.fit(data, steps_per_epoch=5, shuffle=False, verbose=0)


def test_kgraph_takes_batches_that_keras_refuses():
    """Iterators that are no generators, generators of lists or inputs alone, and class weights with a generator."""
    ours, theirs = both_models(classes)
    by_class = {0: 1.0, 1: 3.0, 2: 0.5}
    refused = [
        {"x": iter(batches(X, LABELS))},
        {"x": (list(batch) for batch in batches(X, LABELS))},
        {"x": (batch for batch in batches(X, LABELS)), "class_weight": by_class},
    ]
    for arguments in refused:
        with pytest.raises(ValueError):
            theirs.fit(**arguments, verbose=0)
    taken = [
        {"x": iter(batches(X, LABELS))},
        {"x": (list(batch) for batch in batches(X, LABELS))},
        {"x": (batch for batch in batches(X, LABELS)), "class_weight": by_class},
    ]
    for arguments in taken:
        ours.fit(**arguments, verbose=0)
    assert int(ours.optimizer.iterations.numpy()) == 9


def test_kgraph_does_not_take_the_first_batches_of_a_generator_twice():
    """Keras takes two batches to look at, and gives them again in every epoch that finds the generator at its end."""
    ours, theirs = both_models(make)
    with pytest.warns(UserWarning, match="training ends"):
        mine = ours.fit((b for b in batches(X, Y)), epochs=2, verbose=0)
    with pytest.warns(UserWarning):
        other = theirs.fit((b for b in batches(X, Y)), epochs=2, verbose=0)
    assert (len(mine.history["loss"]), len(other.history["loss"])) == (1, 2)
    steps = [int(ours.optimizer.iterations.numpy()), int(theirs.optimizer.iterations)]
    assert steps == [3, 5]


METHODS = ["fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"]


@pytest.mark.parametrize("name", METHODS)
def test_the_methods_of_a_model_take_the_arguments_of_keras(name):
    def arguments(side):
        parameters = inspect.signature(getattr(side.Model, name)).parameters.values()
        return [(p.name, p.default) for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]

    assert arguments(kgraph) == arguments(keras)


@pytest.mark.parametrize("name", ["PyDataset", "Sequence", "split_dataset", "timeseries_dataset_from_array"])
def test_the_names_of_datasets_take_the_arguments_of_keras(name):
    mine, other = (inspect.signature(getattr(side.utils, name)).parameters for side in SIDES)
    assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in other.values()]
