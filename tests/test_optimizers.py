"""Optimizers against their formulas in numpy, at once on arrays and as graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from kgraph import config, ops, optimizers
from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.optimizers import SGD, Adam, Optimizer, RMSprop
from kgraph.tensor import wrap
from kgraph.trace import Trace
from kgraph.types import type_of
from kgraph.variable import Variable, variable_scope

Arrays = dict[str, np.ndarray]
#: ``(weight, gradient, slots, step)`` to the new weight; slots are changed in place. Steps count from 1.
Formula = Callable[[np.ndarray, np.ndarray, dict[str, Any], int], np.ndarray]

RNG = np.random.default_rng(3)
START = RNG.normal(size=(4, 3))
GRADIENTS = RNG.normal(size=(6, 4, 3))


def sgd(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    return w - 0.1 * g


def sgd_momentum(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    slots["m"] = 0.9 * slots.get("m", 0) - 0.1 * g
    return w + slots["m"]


def sgd_nesterov(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    slots["m"] = 0.9 * slots.get("m", 0) - 0.1 * g
    return w + 0.9 * slots["m"] - 0.1 * g


def rmsprop(momentum: float = 0.0, centered: bool = False) -> Formula:
    def step(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
        slots["v"] = 0.8 * slots.get("v", 0) + 0.2 * g**2
        slots["a"] = 0.8 * slots.get("a", 0) + 0.2 * g
        spread = slots["v"] - (slots["a"] ** 2 if centered else 0)
        slots["m"] = momentum * slots.get("m", 0) + 0.1 * g / np.sqrt(spread + 1e-7)
        return w - slots["m"]

    return step


def adam(amsgrad: bool = False) -> Formula:
    def step(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
        slots["m"] = 0.9 * slots.get("m", 0) + 0.1 * g
        slots["v"] = 0.99 * slots.get("v", 0) + 0.01 * g**2
        slots["largest"] = np.maximum(slots.get("largest", 0), slots["v"])
        divisor = np.sqrt(slots["largest"] if amsgrad else slots["v"]) + 1e-7
        return w - 0.1 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t) * slots["m"] / divisor

    return step


CASES: dict[str, tuple[Callable[[], Optimizer], Formula]] = {
    "sgd": (lambda: SGD(0.1), sgd),
    "sgd_momentum": (lambda: SGD(0.1, momentum=0.9), sgd_momentum),
    "sgd_nesterov": (lambda: SGD(0.1, momentum=0.9, nesterov=True), sgd_nesterov),
    "rmsprop": (lambda: RMSprop(0.1, rho=0.8), rmsprop()),
    "rmsprop_momentum": (lambda: RMSprop(0.1, rho=0.8, momentum=0.5), rmsprop(momentum=0.5)),
    "rmsprop_centered": (lambda: RMSprop(0.1, rho=0.8, centered=True), rmsprop(centered=True)),
    "rmsprop_both": (lambda: RMSprop(0.1, 0.8, 0.5, centered=True), rmsprop(momentum=0.5, centered=True)),
    "adam": (lambda: Adam(0.1, beta_2=0.99), adam()),
    "adam_amsgrad": (lambda: Adam(0.1, beta_2=0.99, amsgrad=True), adam(amsgrad=True)),
}
TOLERANCE = {"float32": 2e-5, "float64": 1e-9}


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    before = config.floatx()
    config.set_floatx(dtype)
    try:
        yield
    finally:
        config.set_floatx(before)


def weight(value: Any, name: str = "kernel", **options: Any) -> Variable:
    with variable_scope("dense"):
        return Variable(np.asarray(value, config.floatx()), name=name, **options)


def as_graph(optimizer: Optimizer, variables: list[Variable]) -> Graph:
    """One step of ``optimizer``, with the gradients fed as ``<variable>/gradient``."""
    builder = Builder("step")
    trace = Trace(builder, training=True)
    grads = [wrap(builder.leaf("input", f"{v.path}/gradient", v.type)) for v in variables]
    with trace.active():
        optimizer.apply(grads, variables)
    trace.apply_updates()
    return builder.finish().verify()


class Stepper:
    """Runs the graph of one step over and over, with the values of the variables carried along."""

    def __init__(self, optimizer: Optimizer, variables: list[Variable]) -> None:
        self.graph = as_graph(optimizer, variables)
        self.paths = [variable.path for variable in variables]
        self.values: Arrays = {v.path: v.numpy() for v in [*variables, *optimizer.variables] if v.path in self.graph}

    def step(self, *grads: np.ndarray) -> list[np.ndarray]:
        feeds = {
            f"{path}/gradient": np.asarray(g, self.values[path].dtype)
            for path, g in zip(self.paths, grads, strict=True)
        }
        self.values |= self.graph.run({**feeds, **self.values})
        return [self.values[path] for path in self.paths]


def run_formula(formula: Formula, grads: np.ndarray = GRADIENTS) -> np.ndarray:
    w: np.ndarray = START
    slots: dict[str, Any] = {}
    for t, g in enumerate(grads, 1):
        w = formula(w, g, slots, t)
    return w


def run_eagerly(optimizer: Optimizer, variable: Variable, grads: np.ndarray = GRADIENTS) -> np.ndarray:
    for g in grads:
        optimizer.apply([np.asarray(g, variable.dtype)], [variable])
    return variable.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_steps_on_arrays_follow_the_formula(case: str, dtype: str) -> None:
    make, formula = CASES[case]
    with floatx(dtype):
        variable = weight(START)
        got = run_eagerly(make(), variable)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, run_formula(formula), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_steps_as_a_graph_follow_the_formula(case: str, dtype: str) -> None:
    make, formula = CASES[case]
    with floatx(dtype):
        stepper = Stepper(make(), [weight(START)])
    for g in GRADIENTS:
        (got,) = stepper.step(g)
    np.testing.assert_allclose(got, run_formula(formula), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("case", CASES)
def test_the_graph_of_a_step_reads_back_as_it_was_written(case: str) -> None:
    text = str(as_graph(CASES[case][0](), [weight(START)]))
    assert str(Graph.parse(text)) == text


@pytest.mark.parametrize(
    ("case", "slots"),
    [
        ("sgd", []),
        ("sgd_momentum", ["momentum"]),
        ("rmsprop_both", ["velocity", "momentum", "average_gradient"]),
        ("adam_amsgrad", ["momentum", "velocity", "velocity_hat"]),
    ],
)
def test_slots_are_called_after_their_variables(case: str, slots: list[str]) -> None:
    optimizer = CASES[case][0]()
    optimizer.build([weight(START)])
    name = optimizer.name
    expected = ["iterations", "learning_rate", *(f"dense_kernel_{slot}" for slot in slots)]
    assert [v.path for v in optimizer.variables] == [f"{name}/{each}" for each in expected]
    assert all(v.shape == START.shape and not v.trainable for v in optimizer.variables[2:])


def test_slots_stand_variable_by_variable() -> None:
    optimizer = Adam()
    optimizer.build([weight(START), weight([0.0], "bias")])
    assert [v.name for v in optimizer.variables[2:]] == [
        "dense_kernel_momentum",
        "dense_kernel_velocity",
        "dense_bias_momentum",
        "dense_bias_velocity",
    ]


def test_slots_of_one_name_form_a_group() -> None:
    optimizer = Adam()
    optimizer.build([weight(START), weight([0.0], "bias")])
    assert [[v.name for v in group] for group in optimizer.slot_groups] == [
        ["dense_kernel_momentum", "dense_bias_momentum"],
        ["dense_kernel_velocity", "dense_bias_velocity"],
    ]


def test_the_dump_of_adam_has_three_lines_a_variable_and_one_step_size() -> None:
    graph = as_graph(Adam(), [weight(START), weight([0.0], "bias")])
    for path in ("dense/kernel", "dense/bias"):
        ops_by_name = {n.name.removeprefix(f"update/{path}/"): n.op for n in graph.nodes if f"update/{path}/" in n.name}
        assert ops_by_name == {"momentum": "moment", "velocity": "second_moment", "value": "adam_step"}
        assert graph.updates[path] == f"update/{path}/value"
        assert graph[f"update/{path}/value"].inputs[-1] == "update/adam/step_size"
    assert graph.updates["adam/iterations"] == "update/adam/iterations"


def test_iterations_count_steps() -> None:
    optimizer = SGD()
    assert optimizer.iterations.dtype == "int64"
    run_eagerly(optimizer, weight(START))
    assert optimizer.iterations.numpy() == len(GRADIENTS)
    stepper = Stepper(optimizer, list(optimizer._places))
    stepper.step(GRADIENTS[0])
    assert stepper.values["SGD/iterations"] == len(GRADIENTS) + 1


def test_adam_is_exact_at_the_first_step_and_after_a_million() -> None:
    optimizer, rate = Adam(), np.array(1e-3)
    first = 1e-3 * np.sqrt(1 - 0.999) / (1 - 0.9)
    np.testing.assert_allclose(optimizer._step_size(rate, "f64"), first, rtol=1e-12)
    np.testing.assert_allclose(optimizer._step_size(rate, "f32"), first, rtol=1e-7)
    optimizer.iterations.assign(1_000_000)
    np.testing.assert_allclose(optimizer._step_size(rate, "f32"), 1e-3, rtol=1e-7)


def test_the_new_share_of_a_moving_average_is_exact_in_float32() -> None:
    optimizer = Adam(beta_1=0.999)
    optimizer.apply([np.ones(1, np.float32)], [weight([0.0])])
    for slot in optimizer.variables[2:]:
        np.testing.assert_allclose(slot.numpy(), 0.001, rtol=1e-7)


def test_the_learning_rate_changes_between_steps_of_one_graph() -> None:
    variable = weight([1.0])
    stepper = Stepper(SGD(0.5), [variable])
    np.testing.assert_allclose(stepper.step(np.ones(1)), [[0.5]])
    stepper.values["SGD/learning_rate"] = np.float32(0.25)
    np.testing.assert_allclose(stepper.step(np.ones(1)), [[0.25]])


def test_the_learning_rate_is_a_variable_that_takes_numbers() -> None:
    optimizer = Adam(lr=0.25)
    assert isinstance(optimizer.learning_rate, Variable)
    assert optimizer.learning_rate.path == "adam/learning_rate"
    optimizer.learning_rate = 0.5
    assert optimizer.learning_rate.numpy() == np.float32(0.5)
    optimizer.lr = 0.125
    assert float(optimizer.lr.numpy()) == 0.125


def test_a_schedule_is_followed_on_arrays_and_in_a_graph() -> None:
    def halving(step: Any) -> Any:
        return ops.power(0.5, ops.cast(step, "float32"))

    optimizer = SGD(halving)
    variable = weight([4.0])
    run_eagerly(optimizer, variable, np.ones((3, 1)))
    np.testing.assert_allclose(variable.numpy(), [4 - 1 - 0.5 - 0.25])
    np.testing.assert_allclose(optimizer.learning_rate, 0.125)
    stepper = Stepper(SGD(halving), [weight([4.0])])
    for _ in range(3):
        (got,) = stepper.step(np.ones(1))
    np.testing.assert_allclose(got, [4 - 1 - 0.5 - 0.25])


def test_a_schedule_is_replaced_by_a_schedule_alone() -> None:
    optimizer = SGD(lambda step: 0.1)
    with pytest.raises(TypeError, match="follows a schedule"):
        optimizer.learning_rate = 0.5
    optimizer.learning_rate = lambda step: 0.2
    assert optimizer.learning_rate == 0.2


def clip_by_norm(g: np.ndarray, norm: float) -> np.ndarray:
    return g * 0.5 / max(norm, 0.5)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    ("clipping", "expected"),
    [
        ({"clipvalue": 0.5}, lambda a, b: (np.clip(a, -0.5, 0.5), np.clip(b, -0.5, 0.5))),
        ({"clipnorm": 0.5}, lambda a, b: (clip_by_norm(a, np.linalg.norm(a)), clip_by_norm(b, np.linalg.norm(b)))),
        (
            {"global_clipnorm": 0.5},
            lambda a, b: tuple(clip_by_norm(g, np.sqrt((a**2).sum() + (b**2).sum())) for g in (a, b)),
        ),
    ],
)
def test_gradients_are_clipped(clipping: dict[str, float], expected: Callable[..., Any], traced: bool) -> None:
    small, large = np.array([0.1, -0.2], np.float32), np.array([3.0, -4.0, 0.25], np.float32)
    variables = [weight(np.zeros(2), "a"), weight(np.zeros(3), "b")]
    optimizer = SGD(1.0, **clipping)
    if traced:
        got = Stepper(optimizer, variables).step(small, large)
    else:
        optimizer.apply([small, large], variables)
        got = [variable.numpy() for variable in variables]
    for value, clipped in zip(got, expected(small, large), strict=True):
        np.testing.assert_allclose(value, -clipped, rtol=1e-6)


def test_a_zero_gradient_survives_clipping_by_norm() -> None:
    variable = weight([1.0, 2.0])
    SGD(clipnorm=1.0).apply([np.zeros(2, np.float32)], [variable])
    assert variable.numpy().tolist() == [1.0, 2.0]


def test_clipping_in_two_ways_or_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="only one of clipnorm, clipvalue can be given"):
        Adam(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(ValueError, match="global_clipnorm must be positive, not 0"):
        Adam(global_clipnorm=0)


@pytest.mark.parametrize("traced", [False, True])
def test_weights_decay_before_the_step_by_the_learning_rate(traced: bool) -> None:
    variables = [weight([2.0], "kernel"), weight([2.0], "bias")]
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    ones = np.ones(1, np.float32)
    if traced:
        got = Stepper(optimizer, variables).step(ones, ones)
    else:
        optimizer.apply([ones, ones], variables)
        got = [variable.numpy() for variable in variables]
    np.testing.assert_allclose(got, [[2 - 2 * 0.5 * 0.1 - 0.1], [2 - 0.1]], rtol=1e-6)


@pytest.mark.parametrize("traced", [False, True])
def test_a_constraint_is_applied_to_the_new_value(traced: bool) -> None:
    variable = weight([0.05, 2.0], constraint=lambda w: ops.maximum(w, 0.0))
    gradient = np.ones(2, np.float32)
    if traced:
        (got,) = Stepper(SGD(0.1), [variable]).step(gradient)
    else:
        SGD(0.1).apply([gradient], [variable])
        got = variable.numpy()
    np.testing.assert_allclose(got, [0.0, 1.9], rtol=1e-6)


def test_a_variable_without_gradient_stays_with_one_warning() -> None:
    variables = [weight([1.0], "a"), weight([1.0], "b"), weight([1.0], "c")]
    with pytest.warns(UserWarning, match="no gradient reaches dense/a, dense/c: not updated") as caught:
        SGD(0.5).apply([None, np.ones(1, np.float32), None], variables)
    assert len(caught) == 1
    assert [variable.numpy().item() for variable in variables] == [1.0, 0.5, 1.0]


def test_a_step_without_any_gradient_is_an_error() -> None:
    with pytest.raises(ValueError, match="no variable has a gradient: dense/kernel"):
        SGD().apply([None], [weight([1.0])])


def test_the_number_of_gradients_must_be_that_of_the_variables() -> None:
    with pytest.raises(ValueError, match="optimizer adam: 1 gradients for 2 variables"):
        Adam().apply([np.ones(1)], [weight([1.0]), weight([1.0])])


def test_a_variable_that_was_not_built_for_is_refused() -> None:
    optimizer = SGD()
    optimizer.build([weight([1.0])])
    with pytest.raises(ValueError, match="SGD was built without dense/other; make another optimizer"):
        optimizer.apply([np.ones(1, np.float32)], [weight([1.0], "other")])


def test_some_of_the_variables_may_take_a_step_alone() -> None:
    variables = [weight([1.0], "a"), weight([1.0], "b")]
    optimizer = SGD(0.5, momentum=0.9)
    optimizer.build(variables)
    optimizer.apply([np.ones(1, np.float32)], variables[1:])
    assert [variable.numpy().item() for variable in variables] == [1.0, 0.5]
    optimizer.apply([np.zeros(1, np.float32), np.zeros(1, np.float32)])
    np.testing.assert_allclose([variable.numpy().item() for variable in variables], [1.0, 0.05], rtol=1e-5)


def test_pairs_of_gradient_and_variable_are_taken_too() -> None:
    variable = weight([1.0])
    iterations = SGD(0.5).apply_gradients([(np.ones(1, np.float32), variable)])
    assert variable.numpy() == 0.5
    assert iterations.numpy() == 1


def test_a_users_own_optimizer_runs_on_arrays_and_as_a_graph() -> None:
    class SignDescent(Optimizer):
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.counts = [self.add_variable_from_reference(v, "count", "ones") for v in variables]

        def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
            count = self.counts[self._get_variable_index(variable)]
            self.assign_add(count, 1.0)
            self.assign_sub(variable, learning_rate * ops.sign(gradient) / count)

    gradient = np.array([3.0, -2.0], np.float32)
    variable = weight([1.0, 1.0])
    optimizer = SignDescent(0.5)
    optimizer.apply([gradient], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.75, 1.25])
    assert optimizer.counts[0].path == f"{optimizer.name}/dense_kernel_count"
    (got,) = Stepper(SignDescent(0.5), [weight([1.0, 1.0])]).step(gradient)
    np.testing.assert_allclose(got, [0.75, 1.25])


def test_an_optimizer_without_a_step_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Optimizer has no update_step"):
        Optimizer().apply([np.ones(1)], [weight([1.0])])


@pytest.mark.parametrize("case", CASES)
def test_a_config_makes_the_same_optimizer_again(case: str) -> None:
    optimizer = CASES[case][0]()
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert optimizer.get_config()["learning_rate"] == 0.1


@pytest.mark.parametrize(("name", "kind"), [("sgd", SGD), ("SGD", SGD), ("rmsprop", RMSprop), ("Adam", Adam)])
def test_names_stand_for_optimizers_with_their_defaults(name: str, kind: type[Optimizer]) -> None:
    got = optimizers.get(name)
    assert type(got) is kind
    assert got.get_config() == kind().get_config()


def test_an_optimizer_stands_for_itself() -> None:
    optimizer = Adam()
    assert optimizers.get(optimizer) is optimizer


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="adam"):
        optimizers.get("madam")


def test_the_defaults_are_those_of_keras() -> None:
    def config_of(optimizer: Optimizer) -> dict[str, Any]:
        return {key: value for key, value in optimizer.get_config().items() if value is not None}

    assert config_of(SGD()) == {"name": "SGD", "learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
    assert config_of(RMSprop()) == {
        "name": "rmsprop",
        "learning_rate": 0.001,
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-7,
        "centered": False,
    }
    assert config_of(Adam()) == {
        "name": "adam",
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
    }


def test_arguments_of_keras_that_change_nothing_are_accepted() -> None:
    SGD(lr=0.1, decay=0.0, use_ema=False, ema_momentum=0.99, loss_scale_factor=None)


def test_arguments_that_are_not_supported_are_refused() -> None:
    with pytest.raises(ValueError, match="SGD: decay=0.1 is not supported; give a schedule"):
        SGD(decay=0.1)
    with pytest.raises(TypeError, match="Adam has no argument 'beta1'"):
        Adam(beta1=0.9)
    with pytest.raises(ValueError, match="momentum must be between 0 and 1, not 2"):
        SGD(momentum=2)


def test_weights_of_an_optimizer_are_taken_and_given() -> None:
    first, second = Adam(), Adam()
    variable = weight(START)
    run_eagerly(first, variable)
    second.build([variable])
    second.set_weights(first.get_weights())
    for mine, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_weights_that_do_not_fit_change_nothing() -> None:
    optimizer = Adam()
    optimizer.build([weight(START)])
    with pytest.raises(ValueError, match="adam has 4 variables, not 1"):
        optimizer.set_weights([np.array(3)])
    with pytest.raises(ValueError, match=r"adam/dense_kernel_velocity has shape \(4, 3\), its weights \(2,\)"):
        optimizer.set_weights([np.array(3), np.array(0.5), np.ones((4, 3)), np.ones(2)])
    assert optimizer.iterations.numpy() == 0


def test_type_of_slots_is_that_of_the_variable() -> None:
    with floatx("float64"):
        variable = weight(START)
    optimizer = Adam()
    optimizer.build([variable])
    assert [v.type for v in optimizer.variables[2:]] == [type_of(START)] * 2
