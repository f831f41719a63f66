"""The gradient of every loss in the prediction is that of Keras on JAX; so is what training with it does to weights."""

from __future__ import annotations

import numpy as np
import pytest
from loss_cases import CASES, GROUPS, LABELS, ONE_HOT, REAL, SPELLED, STEPS, TARGET
from sides import assert_same, both_models, keras, kgraph
from tracing import run_traced

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(29)
X = RNG.normal(size=(6, 3)).astype("float32")
#: Where a probability is clipped, slopes are a matter of choice; the others go the same way with other numbers.
LEFT_OUT = ("sure", "certainty", "of zeros", "smoothed", "along", "of a column", "of steps", "float labels",
            "of zeros and ones", "without focus", "of q", "of the batch", "far away")


@pytest.mark.parametrize("case", [case for case in CASES if not any(words in case for words in LEFT_OUT)])
def test_the_gradient_of_a_loss_is_that_of_keras(case):
    jax = pytest.importorskip("jax")
    name, _, target, prediction, options = CASES[case]
    ours, theirs = (getattr(side.losses, name)(**options) for side in (kgraph, keras))
    expected = jax.grad(lambda y_pred: theirs(target, y_pred))(prediction)
    _, _, graph = run_traced(ours, target, prediction)
    slopes = kgraph.gradients(graph, graph.outputs["result"], ["x1"]).run({"x0": target, "x1": prediction})
    assert_same(slopes["grad/x1"], np.asarray(expected), rtol=1e-4, atol=1e-5)


#: One loss for each kind of target and of values: loss, activation of the output, target.
TRAINED = {
    "huber": ("linear", REAL),
    "categorical_hinge": ("linear", ONE_HOT),
    "binary_focal_crossentropy": ("sigmoid", TARGET),
    "Dice": ("sigmoid", TARGET),
    "CategoricalGeneralizedCrossEntropy": ("softmax", LABELS),
    "Circle": ("tanh", GROUPS),
}


@pytest.mark.parametrize("loss", TRAINED)
def test_training_with_a_loss_moves_weights_as_in_keras(loss):
    activation, target = TRAINED[loss]

    def make(side):
        model = side.Sequential([side.Input((3,)), side.layers.Dense(4, activation=activation)])
        given = getattr(side.losses, loss)
        model.compile(side.optimizers.SGD(0.1), loss=given() if loss[0].isupper() else given)
        return model

    ours, theirs = both_models(make)
    weights = np.array([0.5, 2, 1, 1, 3, 0.25], "float32")
    for given in ((X, target), (X, target, weights)):
        mine, other = (model.train_on_batch(*given) for model in (ours, theirs))
        assert_same(mine, float(other), rtol=1e-4)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)


def test_training_with_ctc_moves_weights_as_in_keras():
    def make(side):
        model = side.Sequential([side.Input((5, 4)), side.layers.Dense(4)])
        model.compile(side.optimizers.SGD(0.1), loss=side.losses.CTC())
        return model

    ours, theirs = both_models(make)
    for _ in range(2):
        mine, other = (model.train_on_batch(STEPS, SPELLED) for model in (ours, theirs))
        assert_same(mine, float(other), rtol=1e-4)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)
