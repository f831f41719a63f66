"""Wrapper and TimeDistributed: one layer's weights, all timesteps, its masks and its phases."""

from __future__ import annotations

import numpy as np
import pytest
from layer_graphs import Traced

import kgraph
from kgraph import Model, layers, ops

RNG = np.random.default_rng(13)
STEPS = RNG.normal(size=(4, 5, 6)).astype("float32")
FILMS = RNG.normal(size=(3, 4, 5, 2)).astype("float32")


def test_every_timestep_goes_through_the_same_layer():
    inner = layers.Dense(3, activation="tanh")
    result = layers.TimeDistributed(inner)(FILMS)
    np.testing.assert_allclose(result, np.stack([inner(FILMS[:, step]) for step in range(4)], 1), rtol=1e-6)


def test_the_weights_are_those_of_the_layer_inside_and_freeze_with_it():
    layer = layers.TimeDistributed(layers.Dense(3, name="inner"), name="outer")
    layer(STEPS)
    assert [weight.path for weight in layer.weights] == ["outer/inner/kernel", "outer/inner/bias"]
    assert layer.layer.built
    layer.trainable = False
    assert layer.trainable_weights == [] == layer.layer.trainable_weights


def test_shapes_may_change_in_the_layer_inside():
    layer = layers.TimeDistributed(layers.Flatten())
    np.testing.assert_array_equal(layer(FILMS), FILMS.reshape(3, 4, 10))
    assert layer.compute_output_shape((None, 4, 5, 2)) == (None, 4, 10)
    assert layer(layers.Input((None, 5, 2))).shape == (None, None, 10)


def test_the_layer_inside_may_give_several_outputs():
    inputs = layers.Input((5, 2))
    inner = Model(inputs, {"wide": layers.Dense(3)(inputs), "flat": layers.Flatten()(inputs)})
    layer = layers.TimeDistributed(inner)
    outputs = layer(FILMS)
    assert layer.compute_output_shape((None, 4, 5, 2)) == {"wide": (None, 4, 5, 3), "flat": (None, 4, 10)}
    assert {name: value.shape for name, value in outputs.items()} == {"wide": (3, 4, 5, 3), "flat": (3, 4, 10)}


def test_noise_inside_differs_from_step_to_step_and_is_off_outside_of_training():
    layer = layers.TimeDistributed(layers.Dropout(0.5, seed=1))
    ones = np.ones((2, 3, 50), "float32")
    np.testing.assert_array_equal(layer(ones), ones)
    dropped = layer(ones, training=True)
    assert (dropped[:, 0] != dropped[:, 1]).any()


def test_a_layer_that_mixes_samples_sees_one_step_at_a_time_in_training():
    inner = layers.BatchNormalization(momentum=0.5, epsilon=0.0)
    result = layers.TimeDistributed(inner)(STEPS, training=True)
    means, deviations = STEPS.mean(0), STEPS.std(0)
    np.testing.assert_allclose(result, (STEPS - means) / deviations, rtol=1e-3, atol=1e-4)
    moving = np.zeros(6)
    for mean in means:
        moving = 0.5 * moving + 0.5 * mean
    np.testing.assert_allclose(inner.moving_mean.numpy(), moving, rtol=1e-4, atol=1e-6)


def test_layers_inside_a_model_count_as_mixing_samples_too():
    inner = kgraph.Sequential([layers.Input((6,)), layers.Dense(3), layers.BatchNormalization()])
    result = layers.TimeDistributed(inner)(STEPS, training=True)
    np.testing.assert_allclose(result.mean(0), 0, atol=1e-4)


def test_a_dropout_mask_for_the_whole_batch_is_drawn_for_each_step():
    layer = layers.TimeDistributed(layers.Dropout(0.5, noise_shape=(1, None), seed=1))
    dropped = layer(np.ones((3, 6, 40), "float32"), training=True)
    assert (dropped == dropped[:1]).all()
    assert len(np.unique(dropped, axis=1)[0]) > 1


def test_what_mixes_samples_is_refused_an_unknown_number_of_steps_unless_it_is_frozen():
    inputs, inner = layers.Input((None, 6)), layers.BatchNormalization(name="norm", epsilon=3.0)
    layer = layers.TimeDistributed(inner, name="steps")
    with pytest.raises(ValueError, match=r"layer steps \(TimeDistributed\): norm mixes samples, so the number of"):
        layer(inputs)
    inner.trainable = False
    model = Model(inputs, layer(inputs))
    np.testing.assert_allclose(model.predict_on_batch(STEPS), STEPS / 2, rtol=1e-6)


class Counted(layers.Layer):
    """The inputs where the mask keeps the sample, and 0 elsewhere."""

    def call(self, inputs, mask=None):
        return inputs if mask is None else inputs * ops.cast(ops.expand_dims(mask, -1), "float32")


def test_the_layer_inside_is_given_its_part_of_the_mask():
    mask = np.array([[1, 1, 0, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 1, 0]], bool)
    np.testing.assert_array_equal(layers.TimeDistributed(Counted())(STEPS, mask=mask), STEPS * mask[..., None])


def test_the_mask_of_the_inputs_goes_on():
    tokens = layers.Input((5,), name="tokens", dtype="int32")
    outputs = layers.TimeDistributed(layers.Dense(2))(layers.Embedding(4, 3, mask_zero=True)(tokens))
    assert Traced([tokens], [outputs]).masks == [True]


@pytest.mark.parametrize("shape", [(4,), (4, 3), (2, 5)])
def test_a_mask_of_other_timesteps_is_refused(shape):
    with pytest.raises(ValueError, match=r"the mask must have a value for each timestep of inputs \(4, 5, 6\)"):
        layers.TimeDistributed(layers.Dense(2))(STEPS, mask=np.ones(shape, bool))


def test_the_penalty_on_the_activity_of_the_layer_inside_counts_a_timestep():
    """Keras 3 calls what is inside without it, so that the penalty is lost."""
    layer = layers.TimeDistributed(layers.Dense(2, activity_regularizer="l2"))
    result = layer(STEPS)
    assert float(sum(layer.losses)) == pytest.approx(0.01 * np.square(result).sum() / 20, rel=1e-5)


def test_a_time_distributed_layer_is_made_from_its_config_with_custom_objects():
    layer = layers.TimeDistributed(Counted(name="inside"))
    config = layers.serialize(layer)
    with pytest.raises(ValueError, match="Counted"):
        layers.deserialize(config)
    again = layers.deserialize(config, custom_objects={"Counted": Counted})
    assert isinstance(again.layer, Counted)
    assert again.layer.name == "inside"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.TimeDistributed("dense"), "TimeDistributed takes a layer, not 'dense'"),
        (lambda: layers.Wrapper(layers.Dense), "Wrapper takes a layer, not <class"),
        (lambda: layers.TimeDistributed(layers.Dense(2))(STEPS[:, 0]), "expects inputs of at least 3 dimensions"),
    ],
)
def test_wrappers_say_what_they_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_wrapper_of_ones_own_writes_call_alone():
    class Residual(layers.Wrapper):
        def call(self, inputs):
            return inputs + self.layer(inputs)

    inner = layers.Dense(6)
    layer = Residual(inner)
    np.testing.assert_allclose(layer(STEPS), STEPS + inner(STEPS), rtol=1e-5, atol=1e-6)
    assert len(layer.weights) == 2
