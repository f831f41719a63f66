"""Optimizers: the same gradients for several steps move the same variables, and slots, as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both, both_models, keras, keras_array, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(19)
VALUES = [RNG.normal(size=shape).astype("float32") for shape in ((3, 4), (4,), ())]
STEPS = [[RNG.normal(0, 2, value.shape).astype("float32") for value in VALUES] for _ in range(4)]
TOLERANCE = {"rtol": 5e-5, "atol": 5e-6}

#: For each optimizer what its own arguments may be.
OWN = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}],
    "RMSprop": [
        {},
        {"rho": 0.5},
        {"momentum": 0.9},
        {"centered": True},
        {"centered": True, "momentum": 0.7, "epsilon": 1e-3},
    ],
    "Adam": [{}, {"amsgrad": True}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}],
    "AdamW": [{}, {"amsgrad": True, "weight_decay": 0.1}],
    "Adamax": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}],
    "Nadam": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}],
    "Adagrad": [{}, {"initial_accumulator_value": 0.5, "epsilon": 1e-2}],
    "Adadelta": [{"learning_rate": 1.0}, {"learning_rate": 1.0, "rho": 0.5, "epsilon": 1e-2}],
    "Ftrl": [
        {},
        {"learning_rate_power": -0.3, "initial_accumulator_value": 0.5, "beta": 0.2},
        {"l1_regularization_strength": 1.0, "l2_regularization_strength": 0.1},
        {"l2_shrinkage_regularization_strength": 0.1, "learning_rate_power": 0.0},
    ],
    "Lion": [{}, {"beta_1": 0.5, "beta_2": 0.9}],
    "Adafactor": [
        {},
        {"beta_2_decay": -0.5, "epsilon_1": 1e-3, "epsilon_2": 0.1, "clip_threshold": 0.5},
        {"relative_step": False, "learning_rate": 2.0},
    ],
    "Lamb": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}],
    "Muon": [
        {},
        {"nesterov": False, "momentum": 0.5, "ns_steps": 2, "rms_rate": None},
        {"exclude_layers": ["v"], "adam_lr_ratio": 0.5, "adam_weight_decay": 0.1},
        {"muon_a": 2.0, "muon_b": -1.5, "muon_c": 0.5, "adam_beta_1": 0.5, "adam_beta_2": 0.9, "epsilon": 1e-2},
    ],
    "ScheduleFreeAdamW": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2, "warmup_steps": 4}],
}
#: What every optimizer may be asked for besides.
OPTIONS = [
    {"clipnorm": 1.0},
    {"clipvalue": 0.5},
    {"global_clipnorm": 1.0},
    {"use_ema": True, "ema_momentum": 0.7},
    {"use_ema": True, "ema_overwrite_frequency": 2},
    {"loss_scale_factor": 8.0},
    {"weight_decay": 0.02},
    {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2, "global_clipnorm": 1.0},
]
RATE = {"learning_rate": 0.05}
CASES = [
    *[(name, {**RATE, **own}) for name, owns in OWN.items() for own in owns],
    *[(name, {**RATE, **owns[0], "weight_decay": 0.02}) for name, owns in OWN.items()],
    *[(name, {**RATE, **OPTIONS[-1]}) for name in ("SGD", "Adam", "Nadam", "Adafactor", "Muon")],
    *[(name, {**RATE, **option}) for name in ("SGD", "Adam") for option in OPTIONS[:-2]],
    ("Nadam", {**RATE, "gradient_accumulation_steps": 3}),
]


def optimizers(name, options):
    return getattr(kgraph.optimizers, name)(**options), getattr(keras.optimizers, name)(**options)


def variables(**extra):
    return [[side.Variable(value, name="v", **extra) for value in VALUES] for side in (kgraph, keras)]


def step(ours, theirs, mine, other, gradients):
    ours.apply(gradients, mine)
    theirs.apply([keras.ops.array(gradient) for gradient in gradients], other)


def assert_same_variables(mine, other, **tolerance):
    assert_same([v.numpy() for v in mine], [keras_array(v) for v in other], **{**TOLERANCE, **tolerance})


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_variables_and_slots_follow_those_of_keras(name, options):
    ours, theirs = optimizers(name, options)
    mine, other = variables()
    for gradients in STEPS:
        step(ours, theirs, mine, other, gradients)
        assert_same_variables(mine, other)
    assert int(ours.variables[0].numpy()) == int(keras_array(theirs.variables[0])) == len(STEPS)
    assert int(np.asarray(ours.iterations)) == int(keras_array(theirs.iterations))
    assert_same_variables(ours.variables[1:], theirs.variables[1:])


@pytest.mark.parametrize("name", OWN)
def test_variables_of_an_optimizer_stand_in_the_order_of_keras(name):
    ours, theirs = both(lambda side: getattr(side.optimizers, name)(use_ema=True, gradient_accumulation_steps=2))
    for optimizer, trained in zip((ours, theirs), variables(), strict=True):
        optimizer.build(trained)
    assert [v.shape for v in ours.variables] == [tuple(v.shape) for v in theirs.variables]
    mine, other = ([v.name for v in side.variables[2:]] for side in (ours, theirs))
    renamed = {
        "Nadam": {"momentum_product": "variable"},
        "Adafactor": {"v_row": "v", "v_column": "v"},
    }.get(name, {})
    assert [renamed.get(slot, slot) for slot in mine] == other


def model_of(side, name, options):
    model = side.Sequential([side.Input((5,)), side.layers.Dense(4, activation="tanh"), side.layers.Dense(2)])
    model.compile(getattr(side.optimizers, name)(**options), loss="mse")
    return model


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *[(name, {**RATE, **OWN[name][0]}) for name in ("SGD", "RMSprop", "Adam", "Nadam", "Adafactor", "Muon")],
        *[("Adam", {**RATE, **option}) for option in OPTIONS[2:]],
    ],
    ids=str,
)
def test_a_compiled_step_is_the_step_of_keras(name, options):
    x = RNG.normal(size=(8, 5)).astype("float32")
    y = RNG.normal(size=(8, 2)).astype("float32")
    ours, theirs = both_models(lambda side: model_of(side, name, options))
    for _ in range(4):
        assert_same(ours.train_on_batch(x, y), float(theirs.train_on_batch(x, y)), rtol=1e-4)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["AdamW", "Muon"])
@pytest.mark.parametrize("names", [["bias"], ["dense", "ker"]])
def test_variables_kept_from_decay_are_those_of_keras(name, names):
    decayed = []
    for side, optimizer in zip((kgraph, keras), optimizers(name, {"weight_decay": 0.1, **RATE}), strict=True):
        layers = [side.layers.Dense(4, name="dense_a"), side.layers.Dense(4, name="dense_b")]
        for layer in layers:
            layer.build((None, 3))
            layer.set_weights(VALUES[:2])
        trained = [v for layer in layers for v in layer.trainable_variables]
        optimizer.exclude_from_weight_decay(var_list=trained[2:3], var_names=names)
        optimizer.apply([side.ops.zeros(v.shape) for v in trained], trained)
        decayed.append([keras_array(v) for v in trained])
    assert_same(*decayed)
    assert [(now != start).any() for now, start in zip(decayed[0], VALUES[:2] * 2, strict=True)] == [
        "bias" in names, "bias" not in names, False, "bias" not in names,
    ]  # fmt: skip


def test_averages_take_the_place_of_variables_as_in_keras():
    ours, theirs = optimizers("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8})
    mine, other = variables()
    for gradients in STEPS:
        step(ours, theirs, mine, other, gradients)
    for optimizer, trained in ((ours, mine), (theirs, other)):
        optimizer.finalize_variable_values(trained)
    assert_same_variables(mine, other)


def test_a_constraint_is_applied_after_averages_as_in_keras():
    option = {"use_ema": True, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2, **RATE}
    ours, theirs = optimizers("Adam", option)
    mine, other = variables()
    for side, trained in ((kgraph, mine), (keras, other)):
        for variable in trained:
            variable.constraint = side.constraints.NonNeg()
    for gradients in STEPS:
        step(ours, theirs, mine, other, gradients)
        assert_same_variables(mine, other)
    assert_same_variables(ours.variables[1:], theirs.variables[1:])


def test_a_loss_scale_adapts_as_in_keras():
    def make(side):
        inner = side.optimizers.SGD(0.05, momentum=0.9)
        model = side.Sequential([side.Input((5,)), side.layers.Dense(2)])
        model.compile(side.optimizers.LossScaleOptimizer(inner, 4.0, dynamic_growth_steps=2), loss="mse")
        return model

    x, y = RNG.normal(size=(8, 5)).astype("float32"), RNG.normal(size=(8, 2)).astype("float32")
    ours, theirs = both_models(make)
    scales = []
    for size in (1, 1, 1, 1e30, 1, 1):
        for model in (ours, theirs):
            model.train_on_batch(x * np.float32(size), y)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4)
        assert_same_variables(ours.optimizer.variables, theirs.optimizer.variables, rtol=1e-4)
        scales.append(float(ours.optimizer.dynamic_scale.numpy()))
    assert scales == [4, 8, 8, 4, 4, 8]
    assert float(ours.optimizer.scale_loss(np.float32(3))) == float(theirs.optimizer.scale_loss(3.0)) == 24
    again = keras.saving.deserialize_keras_object(kgraph.optimizers.serialize(ours.optimizer))
    assert again.get_config()["dynamic_growth_steps"] == 2
    assert kgraph.optimizers.deserialize(keras.optimizers.serialize(again)).inner_optimizer.momentum == 0.9


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_an_optimizer_written_as_config_by_one_side_is_read_by_the_other(name, options):
    ours, theirs = optimizers(name, options)
    read_here = kgraph.optimizers.deserialize(keras.optimizers.serialize(theirs))
    # `keras.optimizers.deserialize` does not know Lamb.
    read_there = keras.saving.deserialize_keras_object(kgraph.optimizers.serialize(ours))
    here, there = read_here.get_config(), read_there.get_config()
    assert type(read_here).__name__ == type(read_there).__name__ == name
    assert here.keys() == there.keys()
    for key in here.keys() - {"name"}:
        assert here[key] == pytest.approx(there[key]), key


@pytest.mark.parametrize("identifier", [spelt for name in OWN for spelt in (name, name.lower(), name.upper())])
def test_an_optimizer_by_name_has_the_defaults_of_keras(identifier):
    name = next(name for name in OWN if name.lower() == identifier.lower())
    ours, theirs = kgraph.optimizers.get(identifier).get_config(), getattr(keras.optimizers, name)().get_config()
    assert ours.keys() == theirs.keys()
    for key in ours.keys() - {"name"}:
        assert ours[key] == pytest.approx(theirs[key]), key


def test_the_learning_rate_can_be_set_between_steps():
    ours, theirs = optimizers("SGD", {"learning_rate": 0.5})
    mine, other = variables()
    for rate, gradients in zip((0.5, 0.1), STEPS, strict=False):
        ours.learning_rate = theirs.learning_rate = rate
        step(ours, theirs, mine, other, gradients)
    assert_same_variables(mine, other)


def test_a_learning_rate_may_be_a_function_of_nothing_as_in_keras():
    ours, theirs = optimizers("SGD", {"learning_rate": lambda: 0.25})
    mine, other = variables()
    step(ours, theirs, mine, other, STEPS[0])
    assert_same_variables(mine, other)


def momentum_descent(side):
    """An optimizer as a user of Keras 3 would write it."""
    ops = side.ops

    class MomentumDescent(side.optimizers.Optimizer):
        def __init__(self, learning_rate=0.01, momentum=0.9, name="momentum_descent", **kwargs):
            super().__init__(learning_rate=learning_rate, name=name, **kwargs)
            self.momentum = momentum

        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            self.momentums, self.counts = self.add_optimizer_variables(
                variables, ["momentum", "count"], initializer=["zeros", "ones"]
            )
            self.largest = [self.add_variable_from_reference(v, name="largest") for v in variables]
            self.total = self.add_variable(shape=(), name="total", aggregation="sum")

        def update_step(self, gradient, variable, learning_rate):
            learning_rate = ops.cast(learning_rate, variable.dtype)
            gradient = ops.cast(gradient, variable.dtype)
            place = self._get_variable_index(variable)
            m, count = self.momentums[place], self.counts[place]
            self.assign(m, ops.subtract(ops.multiply(m, self.momentum), ops.multiply(gradient, learning_rate)))
            self.assign_add(count, ops.cast(self.iterations + 1, variable.dtype))
            self.assign(self.largest[place], ops.maximum(self.largest[place], ops.abs(gradient)))
            self.assign_add(self.total, ops.sum(m))
            self.assign_sub(variable, ops.multiply(self.largest[place], learning_rate) / count)
            self.assign_add(variable, m)

        def get_config(self):
            return {**super().get_config(), "momentum": self.momentum}

    return MomentumDescent


@pytest.mark.parametrize("options", [{}, OPTIONS[4], OPTIONS[-1]], ids=str)
def test_an_optimizer_written_for_keras_does_the_same_here(options):
    ours, theirs = (momentum_descent(side)(learning_rate=0.05, **options) for side in (kgraph, keras))
    mine, other = variables()
    for gradients in STEPS[:4]:
        step(ours, theirs, mine, other, gradients)
    assert_same_variables(mine, other)
    assert_same_variables(ours.variables, theirs.variables)
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()


def test_an_optimizer_written_for_keras_trains_a_compiled_model():
    x, y = RNG.normal(size=(8, 5)).astype("float32"), RNG.normal(size=(8, 2)).astype("float32")

    def make(side):
        model = side.Sequential([side.Input((5,)), side.layers.Dense(2)])
        model.compile(momentum_descent(side)(0.05, gradient_accumulation_steps=2), loss="mse")
        return model

    ours, theirs = both_models(make)
    for _ in range(5):
        ours.train_on_batch(x, y)
        theirs.train_on_batch(x, y)
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)
