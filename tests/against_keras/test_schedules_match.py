"""Learning rate schedules give the rates of Keras, on arrays and in compiled steps."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, keras_array, kgraph

pytestmark = pytest.mark.keras

STEPS = (0, 3, 4, 5, 10, 11, 20, 41, 100)

CASES = [
    ("ExponentialDecay", (0.1, 10, 0.5), {}),
    ("ExponentialDecay", (0.1, 4, 0.9), {"staircase": True}),
    ("InverseTimeDecay", (0.1, 10, 0.5), {}),
    ("InverseTimeDecay", (0.1, 4, 2.0), {"staircase": True, "name": "slower"}),
    ("PolynomialDecay", (0.1, 10), {}),
    ("PolynomialDecay", (0.1, 16), {"end_learning_rate": 0.01, "power": 0.5}),
    ("PolynomialDecay", (0.1, 10), {"power": 2.0, "cycle": True}),
    ("PiecewiseConstantDecay", ([4, 10], [0.1, 0.05, 0.01]), {}),
    ("PiecewiseConstantDecay", ([3.5, 7.0, 20.0], [1.0, 0.5, 2.0, 0.25]), {}),
    ("CosineDecay", (0.1, 20), {}),
    ("CosineDecay", (0.1, 20), {"alpha": 0.2}),
    ("CosineDecay", (0.0, 20), {"warmup_target": 0.3, "warmup_steps": 7}),
    ("CosineDecay", (0.2, 10), {"warmup_target": 0.1, "warmup_steps": 4, "alpha": 0.5}),
    ("CosineDecayRestarts", (0.1, 10), {}),
    ("CosineDecayRestarts", (0.1, 8), {"t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 7), {"t_mul": 1.5, "m_mul": 0.8}),
]


def schedules(name, arguments, options):
    return [getattr(side.optimizers.schedules, name)(*arguments, **options) for side in (kgraph, keras)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_schedule_gives_the_rates_of_keras(case):
    ours, theirs = schedules(*case)
    got = [float(ours(step)) for step in STEPS]
    assert_same(np.array(got), np.array([float(keras_array(theirs(step))) for step in STEPS]), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_configs_of_schedules_are_those_of_keras(case):
    ours, theirs = schedules(*case)
    assert ours.get_config() == theirs.get_config()
    here = kgraph.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    there = keras.optimizers.schedules.deserialize(kgraph.optimizers.schedules.serialize(ours))
    assert here.get_config() == there.get_config() == ours.get_config()
    assert [type(side).__name__ for side in (here, there)] == [case[0]] * 2


@pytest.mark.parametrize("case", [CASES[3], CASES[6], CASES[12], CASES[15]], ids=str)
def test_a_compiled_model_trains_at_the_rates_of_keras(case):
    x, y = np.eye(3, dtype="float32"), np.ones((3, 1), "float32")

    def make(side):
        schedule = schedules(*case)[side is keras]
        model = side.Sequential([side.Input((3,)), side.layers.Dense(1)])
        model.compile(side.optimizers.Adam(schedule), loss="mse")
        return model

    ours, theirs = both_models(make)
    for _ in range(12):
        ours.train_on_batch(x, y)
        theirs.train_on_batch(x, y)
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)
    assert float(ours.optimizer.learning_rate) == pytest.approx(float(theirs.optimizer.learning_rate), rel=1e-5)


def test_a_schedule_counts_batches_also_where_gradients_are_accumulated():
    def weights(side):
        schedule = side.optimizers.schedules.PiecewiseConstantDecay([2], [0.5, 0.25])
        optimizer = side.optimizers.SGD(schedule, gradient_accumulation_steps=2)
        variable = side.Variable(np.zeros(2, "float32"))
        for _ in range(6):
            optimizer.apply([side.ops.ones(2)], [variable])
        return keras_array(variable)

    assert_same(weights(kgraph), weights(keras))


def test_a_users_schedule_does_the_same_on_both_sides():
    def make(side):
        class Halving(side.optimizers.schedules.LearningRateSchedule):
            def __init__(self, initial_learning_rate):
                self.initial_learning_rate = initial_learning_rate

            def __call__(self, step):
                step = side.ops.cast(step, "float32")
                return side.ops.where(step < 2, self.initial_learning_rate, self.initial_learning_rate / (step + 1))

            def get_config(self):
                return {"initial_learning_rate": self.initial_learning_rate}

        model = side.Sequential([side.Input((3,)), side.layers.Dense(1)])
        model.compile(side.optimizers.SGD(Halving(0.2)), loss="mse")
        return model

    ours, theirs = both_models(make)
    x, y = np.eye(3, dtype="float32"), np.ones((3, 1), "float32")
    for _ in range(5):
        ours.train_on_batch(x, y)
        theirs.train_on_batch(x, y)
    assert_same(ours.get_weights(), theirs.get_weights())


def test_an_optimizer_with_a_schedule_is_read_by_the_other_side():
    ours, theirs = (
        side.optimizers.Adam(side.optimizers.schedules.CosineDecay(0.1, 20, alpha=0.2)) for side in (kgraph, keras)
    )
    here = kgraph.optimizers.deserialize(keras.optimizers.serialize(theirs))
    there = keras.optimizers.deserialize(kgraph.optimizers.serialize(ours))
    for optimizer in (here, there):
        assert type(optimizer._learning_rate).__name__ == "CosineDecay"
        assert optimizer._learning_rate.get_config() == ours._learning_rate.get_config()
