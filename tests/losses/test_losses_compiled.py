"""Every loss through ``compile``: by name, as a function and as an object, weighted, of steps, with its targets."""

from __future__ import annotations

import numpy as np
import pytest

import kgraph
from kgraph import layers, losses

RNG = np.random.default_rng(31)
X = RNG.normal(size=(8, 3)).astype("float32")
REAL = RNG.normal(size=(8, 4)).astype("float32")
LABELS = RNG.integers(0, 4, 8)
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
WEIGHTS = np.array([0, 2, 0.5, 0, 1, 3, 0, 0.25], "float32")
STEPS = RNG.normal(size=(8, 5, 3)).astype("float32")

#: loss, activation of the output, target
COMPILED = {
    "mean_absolute_percentage_error": ("linear", REAL),
    "mean_squared_logarithmic_error": ("softplus", np.abs(REAL)),
    "huber": ("linear", REAL),
    "log_cosh": ("linear", REAL),
    "cosine_similarity": ("linear", REAL),
    "hinge": ("tanh", 2 * ONE_HOT - 1),
    "squared_hinge": ("tanh", ONE_HOT),
    "categorical_hinge": ("linear", ONE_HOT),
    "poisson": ("exponential", ONE_HOT),
    "kl_divergence": ("softmax", ONE_HOT),
    "binary_focal_crossentropy": ("sigmoid", ONE_HOT),
    "categorical_focal_crossentropy": ("softmax", ONE_HOT),
    "dice": ("sigmoid", ONE_HOT),
    "tversky": ("sigmoid", ONE_HOT),
    "circle": ("tanh", LABELS),
}


def dense(loss, activation="linear", steps=None, **options):
    # Steps along a loss that is not smooth go down from most weights, not from all.
    kgraph.utils.set_random_seed(1)
    shape = (3,) if steps is None else (steps, 3)
    model = kgraph.Sequential([kgraph.Input(shape), layers.Dense(4, activation=activation, name="y")])
    model.compile(kgraph.optimizers.SGD(0.001), loss=loss, **options)
    return model


@pytest.mark.parametrize("name", COMPILED)
def test_a_loss_is_weighted_by_the_rule_of_keras_2(name):
    activation, target = COMPILED[name]
    model = dense(name, activation)
    values = getattr(losses, name)(target, model.predict(X, verbose=0))
    counted = getattr(values, "_keras_mask", np.ones(8, bool))
    plain = (values * counted / counted.mean()).mean()
    weighted = (values * counted / counted.mean() * WEIGHTS / (WEIGHTS != 0).mean()).mean()
    assert model.test_on_batch(X, target) == pytest.approx(plain, rel=1e-5)
    assert model.test_on_batch(X, target, WEIGHTS) == pytest.approx(weighted, rel=1e-5)
    assert model.test_on_batch(X, target, 0 * WEIGHTS) == 0


@pytest.mark.parametrize("name", COMPILED)
def test_training_with_a_loss_makes_it_smaller(name):
    activation, target = COMPILED[name]
    model = dense(getattr(losses, name), activation)
    before = model.test_on_batch(X, target)
    for _ in range(5):
        model.train_on_batch(X, target)
    assert model.test_on_batch(X, target) < before


@pytest.mark.parametrize("name", [name for name in COMPILED if name not in ("dice", "tversky", "circle")])
def test_a_loss_of_steps_has_a_value_for_each(name):
    activation, target = COMPILED[name]
    model = dense(name, activation, steps=5, sample_weight_mode="temporal")
    targets = np.repeat(target[:, None], 5, axis=1)
    weights = RNG.uniform(0.5, 2, (8, 5)).astype("float32")
    values = getattr(losses, name)(targets, model.predict(STEPS, verbose=0))
    assert values.shape == (8, 5)
    assert model.test_on_batch(STEPS, targets, weights) == pytest.approx((values * weights).mean(), rel=1e-5)


def test_labels_of_every_loss_of_labels_may_be_a_vector_or_a_column():
    for loss, activation in ((losses.CategoricalGeneralizedCrossEntropy(), "softmax"), ("circle", "tanh")):
        model = dense(loss, activation)
        assert model.test_on_batch(X, LABELS) == model.test_on_batch(X, LABELS[:, None])
        with pytest.raises(ValueError, match=r"y.*\(None, 1\).*\(8, 4\)"):
            model.train_on_batch(X, ONE_HOT)


def test_accuracy_beside_a_loss_of_labels_is_that_of_labels():
    model = dense(losses.CategoricalGeneralizedCrossEntropy(), "softmax", metrics=["accuracy"])
    expected = (model.predict(X, verbose=0).argmax(-1) == LABELS).mean()
    assert model.test_on_batch(X, LABELS)[1] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "hint"),
    [
        ("categorical_crossentropy", "sparse_categorical_crossentropy"),
        ("categorical_focal_crossentropy", "to_categorical"),
        (losses.CategoricalHinge(), "to_categorical"),
    ],
)
def test_class_indices_for_a_loss_of_columns_are_refused_with_what_to_do(loss, hint):
    name = getattr(getattr(loss, "fn", None), "__name__", loss)
    with pytest.raises(ValueError, match=rf"output y: {name} wants a target of shape \(None, 4\).*{hint}"):
        dense(loss, "softmax").train_on_batch(X, LABELS)


@pytest.mark.parametrize("name", [name for name in COMPILED if name != "circle"])
def test_a_target_of_another_shape_is_refused_before_the_step(name):
    activation, target = COMPILED[name]
    with pytest.raises(ValueError, match=r"y.*\(None, 4\).*\(8, 3\)"):
        dense(name, activation).train_on_batch(X, target[:, :3])


def test_sequences_are_trained_on_labels_of_any_number():
    model = dense(losses.CTC(), steps=5)
    labels = np.array([[1, 2, 3, 0]] * 8)
    alone = model.test_on_batch(STEPS, labels)
    assert alone == pytest.approx(losses.ctc(labels, model.predict(STEPS, verbose=0)).mean(), rel=1e-5)
    assert model.test_on_batch(STEPS, labels[:, :3]) == pytest.approx(alone, rel=1e-6)
    before = alone
    for _ in range(5):
        model.train_on_batch(STEPS, labels, WEIGHTS)
    assert model.test_on_batch(STEPS, labels) < before
    with pytest.raises(ValueError, match=r"y.*\(None, None\).*\(8, 4, 1\)"):
        model.train_on_batch(STEPS, labels[..., None])


def test_a_loss_with_a_dtype_is_computed_in_it():
    class Rounded(losses.Loss):
        def call(self, y_true, y_pred):
            seen.append(kgraph.ops.dtype(y_pred))
            return kgraph.ops.mean(y_pred - y_true, axis=-1)

    seen: list[str] = []
    dense(Rounded(dtype="float64")).train_on_batch(X, REAL)
    assert set(seen) == {"float64"}
