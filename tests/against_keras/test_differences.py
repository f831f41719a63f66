"""Where kgraph differs from Keras 3 on purpose: each difference, and its reason."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both, both_models, keras, kgraph

from kgraph.runtime import NodeError

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(37)
X = RNG.normal(size=(8, 4)).astype("float32")
Y = RNG.normal(size=(8, 3)).astype("float32")
WEIGHTS = np.array([0, 2, 0.5, 0, 1, 3, 0, 0.25], "float32")
TOKENS = np.array([[1, 2, 0, 0], [3, 1, 2, 0], [1, 0, 0, 0]], "int32")
STEP_TARGET = RNG.normal(size=(3, 4, 1)).astype("float32")


def dense(side, **extra):
    model = side.Sequential([side.Input((4,)), side.layers.Dense(3)])
    model.compile(side.optimizers.SGD(0.1), loss="mse", **(extra if side is kgraph else {}))
    return model


def masked(side, **extra):
    tokens = side.Input((4,), dtype="int32")
    x = side.layers.Embedding(5, 2, mask_zero=True)(tokens)
    model = side.Model(tokens, side.layers.Dense(1)(x))
    model.compile(side.optimizers.SGD(0.1), loss="mse", metrics=[side.metrics.MeanSquaredError(name="mse")], **extra)
    return model


# --- how sample weights and masks enter the loss ---------------------------------------------------------------------


def test_keras2_weighting_divides_by_the_number_of_weights_that_are_not_zero():
    """The default is the Keras 2.2 line's: ``sum(l w) / count(w != 0)``, where Keras 3 has ``sum(l w) / count(l)``."""
    ours, theirs = both_models(dense)
    mine, other = (model.test_on_batch(X, Y, WEIGHTS) for model in (ours, theirs))
    losses = ((ours.predict(X, verbose=0) - Y) ** 2).mean(-1)
    assert_same(mine, (losses * WEIGHTS).sum() / np.count_nonzero(WEIGHTS))
    assert_same(float(other), (losses * WEIGHTS).sum() / len(WEIGHTS))


def test_keras2_weighting_averages_masked_steps_before_samples_are_weighted():
    """``l m / mean(m)``, its mean over the steps, times ``w / mean(w != 0)``; Keras 3 scales the mask alone."""
    ours, theirs = both_models(masked)
    weights = np.array([0.5, 0, 2], "float32")
    mine = ours.test_on_batch(TOKENS, STEP_TARGET, weights, return_dict=True)["loss"]
    other = theirs.test_on_batch(TOKENS, STEP_TARGET, weights[:, None], return_dict=True)["loss"]
    losses = ((ours.predict(TOKENS, verbose=0) - STEP_TARGET) ** 2).mean(-1)
    mask = TOKENS != 0
    by_sample = (losses * mask / mask.mean()).mean(-1)
    assert_same(mine, (by_sample * weights / (weights != 0).mean()).mean())
    assert_same(float(other), (losses * mask * weights[:, None]).sum() / mask.sum())


def test_weighting_by_the_weighted_mean_has_no_counterpart_in_a_compiled_keras_model():
    """``sum(l w) / sum(w)``: what ``reduction="mean_with_sample_weight"`` gives there."""
    ours, _ = both_models(lambda side: dense(side, weighting="weighted_mean"))
    predicted = ours.predict(X, verbose=0)
    expected = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")(Y, predicted, WEIGHTS)
    assert_same(ours.test_on_batch(X, Y, WEIGHTS), expected)


def test_a_weight_for_each_sample_is_spread_over_steps():
    """Keras multiplies ``(n, t)`` by ``(n,)``, which broadcasts along the wrong axis or fails."""
    target, prediction = RNG.normal(size=(2, 3, 5, 1)).astype("float32")
    weights = np.array([1, 0, 2], "float32")
    for name in ("MeanSquaredError", "MeanAbsoluteError"):
        ours = getattr(kgraph.losses, name)()(target, prediction, weights)
        assert_same(ours, getattr(keras.losses, name)()(target, prediction, weights[:, None]))
        with pytest.raises((ValueError, TypeError)):
            getattr(keras.losses, name)()(target, prediction, weights)


def test_a_weight_that_broadcasts_counts_as_often_as_it_is_used():
    """``mean_with_sample_weight`` is a mean: with equal weights that of the values. Keras divides by one weight."""
    options = {"reduction": "mean_with_sample_weight"}
    ours = kgraph.losses.MeanSquaredError(**options)(Y, X[:, :3], 0.3)
    theirs = keras.losses.MeanSquaredError(**options)(Y, X[:, :3], 0.3)
    values = ((Y - X[:, :3]) ** 2).mean(-1)
    assert_same(ours, values.mean())
    assert_same(theirs, values.sum())


def test_metrics_see_the_mask_in_training_too():
    """Keras on JAX loses it on the way out of the differentiated function, but not in evaluation."""
    ours, theirs = both_models(masked)
    trained = ours.train_on_batch(TOKENS, STEP_TARGET, return_dict=True)["mse"]
    ours, theirs = both_models(masked)
    assert_same(trained, float(theirs.test_on_batch(TOKENS, STEP_TARGET, return_dict=True)["mse"]))


# --- what is reported ------------------------------------------------------------------------------------------------


def test_weighted_metrics_say_so_in_their_names():
    """As Keras 2 named them, so that a metric can be looked at in both ways."""

    def make(side):
        model = side.Sequential([side.Input((4,)), side.layers.Dense(3)])
        model.compile("sgd", loss="mse", metrics=["mae"], weighted_metrics=["mae"])
        return model

    ours, _ = both_models(make)
    assert ours.metrics_names == ["loss", "mae", "weighted_mae"]


def test_confusion_counts_are_called_by_what_they_count():
    """In a dump ``true_positives/true_positives`` says more than ``true_positives/accumulator``."""
    assert [v.name for v in kgraph.metrics.TruePositives().variables] == ["true_positives"]
    assert [v.name for v in keras.metrics.TruePositives().variables] == ["accumulator"]


def test_variables_have_paths_without_the_name_of_the_model():
    """A graph is of one model, and its parameters are called by these paths."""
    ours, theirs = both_models(dense)
    assert [w.path for w in ours.weights] == ["dense/kernel", "dense/bias"]
    assert [w.path for w in theirs.weights] == ["sequential/dense/kernel", "sequential/dense/bias"]


def test_variables_of_a_second_optimizer_are_called_as_those_of_the_first():
    """Updates stand under ``update/adam`` in every dump, so that two dumps can be compared. The name itself counts."""
    ours, theirs = both(lambda side: [side.optimizers.Adam() for _ in range(2)])
    assert [each.name for each in ours] == [each.name for each in theirs] == ["adam", "adam_1"]
    assert [each.iterations.path for each in ours] == ["adam/iterations"] * 2
    assert [each.iterations.path for each in theirs] == ["adam/iteration", "adam_1/iteration"]


# --- how an optimizer steps ------------------------------------------------------------------------------------------


def test_decay_is_the_time_decay_of_keras_2():
    """``lr / (1 + decay * step)``, since old code says it and means it; Keras 3 warns and goes on without."""
    ours = kgraph.optimizers.SGD(1.0, decay=0.5)
    with pytest.warns(UserWarning, match="decay"):
        theirs = keras.optimizers.SGD(1.0, decay=0.5)
    moved = []
    for side, optimizer in ((kgraph, ours), (keras, theirs)):
        variable = side.Variable(np.zeros(1, "float32"))
        for _ in range(3):
            optimizer.apply([side.ops.ones(1)], [variable])
        moved.append(-float(variable.numpy()[0]))
    assert moved == pytest.approx([1 + 1 / 1.5 + 1 / 2, 3])


def test_an_average_that_no_step_has_touched_takes_no_variables_place():
    """Keras would make the weights 0."""
    variables = [side.Variable(np.ones(2, "float32")) for side in (kgraph, keras)]
    for side, variable in zip((kgraph, keras), variables, strict=True):
        optimizer = side.optimizers.SGD(use_ema=True)
        optimizer.build([variable])
        optimizer.finalize_variable_values([variable])
    assert [variable.numpy().tolist() for variable in variables] == [[1, 1], [0, 0]]


def test_optimizers_count_steps_in_int64():
    """JAX has int32 unless told otherwise."""
    assert kgraph.optimizers.SGD().iterations.dtype == "int64"
    assert keras.optimizers.SGD().iterations.dtype == "int32"


# --- what is refused -------------------------------------------------------------------------------------------------


def test_targets_do_not_broadcast_against_predictions():
    """Keras takes ``(n, 1)`` against ``(n, 3)``: a loss that is small for the wrong reason."""
    keras.losses.MeanSquaredError()(Y[:, :1], Y)
    with pytest.raises(ValueError, match="y_true has shape"):
        kgraph.losses.MeanSquaredError()(Y[:, :1], Y)


def test_a_label_outside_the_classes_is_refused():
    """Keras on JAX gives a number, or NaN."""
    probabilities = np.full((2, 3), 1 / 3, "float32")
    keras.losses.sparse_categorical_crossentropy(np.array([0, 3]), probabilities)
    with pytest.raises(NodeError, match="label 3"):
        kgraph.losses.sparse_categorical_crossentropy(np.array([0, 3]), probabilities)


def test_an_index_outside_an_embedding_is_refused():
    """Keras on JAX gives a row of NaN."""
    keras.layers.Embedding(4, 2)(np.array([[1, 9]]))
    with pytest.raises(NodeError, match="9"):
        kgraph.layers.Embedding(4, 2)(np.array([[1, 9]]))


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_float64_arrays_stay_float64():
    """JAX computes in float32 unless told otherwise; here a dtype that is given is kept."""
    assert kgraph.ops.add(np.zeros(2), 1.0).dtype == "float64"
    assert str(keras.ops.add(np.zeros(2), 1.0).dtype) == "float32"


def test_all_weights_zero_give_a_loss_of_zero_and_leave_the_weights():
    """So do those of Keras 3; Keras 2 divided by 0."""
    ours, theirs = both_models(dense)
    before = ours.get_weights()
    assert ours.train_on_batch(X, Y, np.zeros(8, "float32")) == 0.0
    assert float(theirs.train_on_batch(X, Y, np.zeros(8, "float32"))) == 0.0
    assert_same(ours.get_weights(), before, rtol=0, atol=0)
