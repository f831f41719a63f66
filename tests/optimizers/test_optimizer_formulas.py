"""Optimizers against their formulas in numpy, at once on arrays and as graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optimizer_cases import GRADIENTS, START, Stepper, as_graph, floatx, run_eagerly, weight

from kgraph import optimizers
from kgraph.ir import Graph
from kgraph.optimizers import SGD, Adam, Optimizer, RMSprop
from kgraph.optimizers.moments import step_size

#: ``(weight, gradient, slots, step)`` to the new weight; slots are changed in place. Steps count from 1.
Formula = Callable[[np.ndarray, np.ndarray, dict[str, Any], int], np.ndarray]

TOLERANCE = {"float32": 2e-5, "float64": 1e-9}


def moments(g: np.ndarray, slots: dict[str, Any], beta_1: float, beta_2: float) -> tuple[np.ndarray, np.ndarray]:
    slots["m"] = beta_1 * slots.get("m", 0) + (1 - beta_1) * g
    slots["v"] = beta_2 * slots.get("v", 0) + (1 - beta_2) * g**2
    return slots["m"], slots["v"]


def sgd(momentum: float = 0.0, nesterov: bool = False) -> Formula:
    def step(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
        slots["m"] = momentum * slots.get("m", 0) - 0.1 * g
        return w + (momentum * slots["m"] - 0.1 * g if nesterov else slots["m"])

    return step


def rmsprop(momentum: float = 0.0, centered: bool = False) -> Formula:
    def step(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
        slots["v"] = 0.8 * slots.get("v", 0) + 0.2 * g**2
        slots["a"] = 0.8 * slots.get("a", 0) + 0.2 * g
        spread = slots["v"] - (slots["a"] ** 2 if centered else 0)
        slots["m"] = momentum * slots.get("m", 0) + 0.1 * g / np.sqrt(spread + 1e-7)
        return w - slots["m"]

    return step


def adam(amsgrad: bool = False, decay: float = 0.0) -> Formula:
    def step(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
        m, v = moments(g, slots, 0.9, 0.99)
        slots["largest"] = np.maximum(slots.get("largest", 0), v)
        divisor = np.sqrt(slots["largest"] if amsgrad else v) + 1e-7
        return w - 0.1 * decay * w - 0.1 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t) * m / divisor

    return step


def adamax(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    m, _ = moments(g, slots, 0.9, 0.9)
    slots["u"] = np.maximum(0.99 * slots.get("u", 0), np.abs(g))
    return w - 0.1 / (1 - 0.9**t) * m / (slots["u"] + 1e-7)


def nadam(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    m, v = moments(g, slots, 0.9, 0.99)
    share, ahead = (0.9 * (1 - 0.5 * 0.96**number) for number in (t, t + 1))
    slots["p"] = slots.get("p", 1) * share
    mean = ahead * m / (1 - slots["p"] * ahead) + (1 - share) * g / (1 - slots["p"])
    return w - 0.1 * mean / (np.sqrt(v / (1 - 0.99**t)) + 1e-7)


def adagrad(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    slots["a"] = slots.get("a", 0.1) + g**2
    return w - 0.1 * g / np.sqrt(slots["a"] + 1e-7)


def adadelta(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    slots["v"] = 0.95 * slots.get("v", 0) + 0.05 * g**2
    step = g * np.sqrt(slots.get("s", 0) + 1e-3) / np.sqrt(slots["v"] + 1e-3)
    slots["s"] = 0.95 * slots.get("s", 0) + 0.05 * step**2
    return w - step


def ftrl(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    before = slots.get("n", 0.1)
    slots["n"] = before + g**2
    grown = slots["n"] ** 0.4
    slots["z"] = slots.get("z", 0) + g + 2 * 0.1 * w - (grown - before**0.4) / 0.1 * w
    l2 = 0.2 + 0.5 / (2 * 0.1)
    return (np.clip(slots["z"], -0.3, 0.3) - slots["z"]) / (grown / 0.1 + 2 * l2)


def lion(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    before = slots.get("m", 0)
    slots["m"] = 0.99 * before + 0.01 * g
    return w - 0.1 * np.sign(0.9 * before + 0.1 * g)


def rms(x: np.ndarray) -> Any:
    return np.sqrt(np.mean(x**2))


def adafactor(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    share, square = t**-0.8, g**2 + 1e-30
    slots["r"] = (1 - share) * slots.get("r", 0) + share * square.mean(-1)
    slots["c"] = (1 - share) * slots.get("c", 0) + share * square.mean(-2)
    u = g / np.sqrt(np.outer(slots["r"], slots["c"]) / slots["r"].mean())
    return w - max(1e-3, rms(w)) * min(0.1, 1 / np.sqrt(t)) * u / max(1, rms(u) / 0.5)


def lamb(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    m, v = moments(g, slots, 0.9, 0.99)
    u = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.99**t)) + 1e-7)
    return w - 0.1 * np.linalg.norm(w) / np.linalg.norm(u) * u


def muon(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    slots["m"] = 0.95 * slots.get("m", 0) + g
    x = (g + 0.95 * slots["m"]).T
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    return w - 0.1 * 0.004 * w - 0.1 * 0.2 * np.sqrt(4) * x.T


def schedule_free(w: np.ndarray, g: np.ndarray, slots: dict[str, Any], t: int) -> np.ndarray:
    _, v = moments(g, slots, 0.9, 0.99)
    old = slots.setdefault("z", START)
    x = (w - 0.1 * old) / 0.9
    slots["z"] = old - 0.1 * min(t / 4, 1) * g / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return 0.1 * slots["z"] + 0.9 * (x + (slots["z"] - x) / t)


FTRL_OPTIONS = {
    "learning_rate_power": -0.4,
    "l1_regularization_strength": 0.3,
    "l2_regularization_strength": 0.2,
    "l2_shrinkage_regularization_strength": 0.1,
    "beta": 0.5,
}
CASES: dict[str, tuple[Callable[[], Optimizer], Formula]] = {
    "sgd": (lambda: SGD(0.1), sgd()),
    "sgd_momentum": (lambda: SGD(0.1, momentum=0.9), sgd(momentum=0.9)),
    "sgd_nesterov": (lambda: SGD(0.1, momentum=0.9, nesterov=True), sgd(momentum=0.9, nesterov=True)),
    "rmsprop": (lambda: RMSprop(0.1, rho=0.8), rmsprop()),
    "rmsprop_momentum": (lambda: RMSprop(0.1, rho=0.8, momentum=0.5), rmsprop(momentum=0.5)),
    "rmsprop_centered": (lambda: RMSprop(0.1, rho=0.8, centered=True), rmsprop(centered=True)),
    "rmsprop_both": (lambda: RMSprop(0.1, 0.8, 0.5, centered=True), rmsprop(momentum=0.5, centered=True)),
    "adam": (lambda: Adam(0.1, beta_2=0.99), adam()),
    "adam_amsgrad": (lambda: Adam(0.1, beta_2=0.99, amsgrad=True), adam(amsgrad=True)),
    "adamw": (lambda: optimizers.AdamW(0.1, 0.2, beta_2=0.99), adam(decay=0.2)),
    "adamax": (lambda: optimizers.Adamax(0.1, beta_2=0.99), adamax),
    "nadam": (lambda: optimizers.Nadam(0.1, beta_2=0.99), nadam),
    "adagrad": (lambda: optimizers.Adagrad(0.1), adagrad),
    "adadelta": (lambda: optimizers.Adadelta(1.0, epsilon=1e-3), adadelta),
    "ftrl": (lambda: optimizers.Ftrl(0.1, **FTRL_OPTIONS), ftrl),
    "lion": (lambda: optimizers.Lion(0.1), lion),
    "adafactor": (lambda: optimizers.Adafactor(0.1, clip_threshold=0.5), adafactor),
    "lamb": (lambda: optimizers.Lamb(0.1, beta_2=0.99), lamb),
    "muon": (lambda: optimizers.Muon(0.1), muon),
    "schedule_free": (lambda: optimizers.ScheduleFreeAdamW(0.1, beta_2=0.99, warmup_steps=4), schedule_free),
}


def run_formula(formula: Formula) -> np.ndarray:
    w: np.ndarray = START
    slots: dict[str, Any] = {}
    for t, g in enumerate(GRADIENTS, 1):
        w = formula(w, g, slots, t)
    return w


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


@pytest.mark.parametrize("case", CASES)
def test_weights_without_elements_and_of_one_are_stepped_too(case: str) -> None:
    variables = [weight(np.zeros((0, 3)), "none"), weight(1.0, "scalar"), weight([[1.0]], "one")]
    make = CASES[case][0]
    make().apply([np.zeros((0, 3), np.float32), np.float32(0.5), np.full((1, 1), 0.5, np.float32)], variables)
    assert variables[0].shape == (0, 3)
    assert all(0.5 < variable.numpy().item() < 1 for variable in variables[1:]) or case == "ftrl"


@pytest.mark.parametrize("case", CASES)
def test_a_gradient_of_zero_leaves_what_is_finite(case: str) -> None:
    variable = weight(START)
    got = run_eagerly(CASES[case][0](), variable, np.zeros((2, 4, 3)))
    assert np.isfinite(got).all()


def test_the_dump_of_adamw_has_four_lines_a_variable_and_one_step_size() -> None:
    graph = as_graph(optimizers.AdamW(), [weight(START), weight([0.0], "bias")])
    for path in ("dense/kernel", "dense/bias"):
        ops_by_name = {n.name.removeprefix(f"update/{path}/"): n.op for n in graph.nodes if f"update/{path}/" in n.name}
        assert ops_by_name == {
            "decayed": "sgd_step",
            "momentum": "moment",
            "velocity": "second_moment",
            "value": "adam_step",
        }
        assert graph.updates[path] == f"update/{path}/value"
        assert graph[f"update/{path}/value"].inputs[-1] == "update/adam_w/step_size"
    assert graph.updates["adam_w/iterations"] == "update/adam_w/iterations"


def test_adam_is_exact_at_the_first_step_and_after_a_million() -> None:
    optimizer, rate = Adam(), np.array(1e-3)
    first = 1e-3 * np.sqrt(1 - 0.999) / (1 - 0.9)
    np.testing.assert_allclose(step_size(optimizer, rate, 0.9, 0.999, "f64"), first, rtol=1e-12)
    np.testing.assert_allclose(step_size(optimizer, rate, 0.9, 0.999, "f32"), first, rtol=1e-7)
    optimizer.iterations.assign(1_000_000)
    np.testing.assert_allclose(step_size(optimizer, rate, 0.9, 0.999, "f32"), 1e-3, rtol=1e-7)


def test_the_new_share_of_a_moving_average_is_exact_in_float32() -> None:
    optimizer = Adam(beta_1=0.999)
    optimizer.apply([np.ones(1, np.float32)], [weight([0.0])])
    for slot in optimizer.variables[2:]:
        np.testing.assert_allclose(slot.numpy(), 0.001, rtol=1e-7)


def test_l1_makes_weights_of_ftrl_exactly_zero() -> None:
    variable = weight([1.0, -1.0, 3.0])
    optimizer = optimizers.Ftrl(0.1, l1_regularization_strength=1.0)
    for _ in range(3):
        optimizer.apply([np.float32([0.1, 0.1, 5.0])], [variable])
    assert variable.numpy()[0] == 0
    assert variable.numpy()[2] != 0


def test_muon_leaves_vectors_embeddings_and_excluded_matrices_to_adamw() -> None:
    kernel, bias = weight(START), weight([1.0, 2.0], "bias")
    table, last = weight(START, "embeddings"), weight(START, "last_kernel")
    optimizer = optimizers.Muon(exclude_layers=["last"])
    optimizer.build([kernel, bias, table, last])
    assert [v.name for v in optimizer.variables if v.name.endswith("velocity")] == [
        "dense_bias_velocity",
        "dense_embeddings_velocity",
        "dense_last_kernel_velocity",
    ]
    assert [optimizer.weight_decay_of(v) for v in (kernel, bias)] == [0.004, 0.004]
    assert optimizers.Muon(adam_weight_decay=None).weight_decay_of(bias) is None


def test_a_step_of_muon_is_nearly_orthogonal() -> None:
    variable = weight(np.zeros((4, 3)))
    optimizers.Muon(1.0, rms_rate=None, weight_decay=None).apply([GRADIENTS[0].astype(np.float32)], [variable])
    singular = np.linalg.svd(variable.numpy(), compute_uv=False)
    assert ((singular > 0.6) & (singular < 1.3)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(momentum=2), "momentum must be between 0 and 1, not 2"),
        (lambda: optimizers.Lion(beta_1=0), "beta_1 must be above 0 and at most 1, not 0"),
        (lambda: optimizers.AdamW(weight_decay=None), "weight_decay must be a number, not None"),
        (lambda: optimizers.Ftrl(learning_rate_power=0.5), "learning_rate_power must be 0 or less, not 0.5"),
        (
            lambda: optimizers.Ftrl(l1_regularization_strength=-1),
            "l1_regularization_strength must be 0 or more, not -1",
        ),
        (lambda: optimizers.Ftrl(initial_accumulator_value=-1), "initial_accumulator_value must be 0 or more, not -1"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(make: Callable[[], Optimizer], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
