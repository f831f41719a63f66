"""What every step does besides its formula: clipping, decay, constraints, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optimizer_cases import GRADIENTS, START, Stepper, ones, run_both, run_eagerly, weight

from kgraph import ops
from kgraph.optimizers import SGD, Adam, AdamW, Optimizer
from kgraph.variable import Variable


def test_iterations_count_steps() -> None:
    optimizer = SGD()
    assert optimizer.iterations.dtype == "int64"
    variable = weight(START)
    run_eagerly(optimizer, variable)
    assert optimizer.iterations.numpy() == len(GRADIENTS)
    stepper = Stepper(optimizer, [variable])
    stepper.step(GRADIENTS[0])
    assert stepper.values["sgd/iterations"] == len(GRADIENTS) + 1


def clip_by_norm(g: np.ndarray, norm: float) -> np.ndarray:
    return g * 0.5 / max(norm, 0.5)


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
def test_gradients_are_clipped(clipping: dict[str, float], expected: Callable[..., Any]) -> None:
    small, large = np.array([0.1, -0.2]), np.array([3.0, -4.0, 0.25])
    got = run_both(lambda: SGD(1.0, **clipping), [np.zeros(2), np.zeros(3)], [(small, large)])
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


def test_clipping_may_be_changed_between_steps() -> None:
    variable, optimizer = weight([0.0]), SGD(1.0, clipvalue=1.0)
    optimizer.apply([np.float32([5])], [variable])
    optimizer.clipvalue = None
    optimizer.apply([np.float32([5])], [variable])
    assert variable.numpy() == -6


@pytest.mark.parametrize("kind", [SGD, AdamW])
def test_weights_decay_by_the_learning_rate_unless_they_are_excluded(kind: type[Optimizer]) -> None:
    def make() -> Optimizer:
        optimizer = kind(0.1, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=["w1"])
        return optimizer

    got = run_both(make, [[2.0], [2.0]], [(ones(1) * 0, ones(1) * 0)])
    np.testing.assert_allclose(got, [[2 - 2 * 0.5 * 0.1], [2]], rtol=1e-6)


def test_variables_are_excluded_from_decay_themselves_or_by_their_names_but_not_by_their_layers() -> None:
    variables = [weight([1.0], "kernel"), weight([1.0], "bias"), weight([1.0], "scale")]
    optimizer = SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=variables[:1], var_names=["^bia", "dense"])
    optimizer.apply([np.zeros(1, np.float32)] * 3, variables)
    assert [v.numpy().item() for v in variables] == [1, 1, 0.5]
    optimizer.exclude_from_weight_decay()
    optimizer.apply([np.zeros(1, np.float32)] * 3, variables)
    assert [v.numpy().item() for v in variables] == [0.5, 0.5, 0.25]


def test_a_constraint_is_applied_to_the_new_value() -> None:
    (got,) = run_both(lambda: SGD(0.1), [[0.05, 2.0]], [[ones(2)]], constraint=lambda w: ops.maximum(w, 0.0))
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
    with pytest.raises(ValueError, match=r"optimizer adam\w*: 1 gradients for 2 variables"):
        Adam().apply([np.ones(1)], [weight([1.0]), weight([1.0])])


def test_a_gradient_of_another_shape_is_refused_and_changes_nothing() -> None:
    variable, optimizer = weight(START), Adam()
    with pytest.raises(ValueError, match=r"dense/kernel has shape \(4, 3\), its gradient \(3,\)"):
        optimizer.apply([np.ones(3, np.float32)], [variable])
    np.testing.assert_array_equal(variable.numpy(), START.astype(np.float32))
    assert optimizer.iterations.numpy() == 0


def test_a_gradient_of_another_float_takes_the_dtype_of_its_variable() -> None:
    variable = weight([1.0])
    Adam(0.5).apply([np.ones(1)], [variable])
    assert variable.dtype == "float32"
    np.testing.assert_allclose(variable.numpy(), 0.5, rtol=1e-5)


def test_a_variable_that_was_not_built_for_is_refused() -> None:
    optimizer = SGD()
    optimizer.build([weight([1.0])])
    with pytest.raises(ValueError, match=r"sgd\w* was built without dense/other; make another optimizer"):
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

    (got,) = run_both(lambda: SignDescent(0.5), [[1.0, 1.0]], [[np.array([3.0, -2.0])]])
    np.testing.assert_allclose(got, [0.75, 1.25])
    optimizer = SignDescent()
    optimizer.build([weight(START)])
    assert optimizer.counts[0].path == "sign_descent/dense_kernel_count"


def test_an_optimizer_without_a_step_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Optimizer has no update_step"):
        Optimizer().apply([np.ones(1)], [weight([1.0])])
