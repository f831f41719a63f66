"""Learning rates: numbers that can be set, schedules, and the names of old."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from optimizer_cases import Stepper, ones, run_both, run_eagerly, weight

from kgraph import ops, optimizers
from kgraph.optimizers import SGD, Adam, schedules
from kgraph.variable import Variable


def halving(step: Any) -> Any:
    return ops.power(0.5, ops.cast(step, "float32"))


def test_the_learning_rate_changes_between_steps_of_one_graph() -> None:
    stepper = Stepper(SGD(0.5), [weight([1.0])])
    np.testing.assert_allclose(stepper.step(np.ones(1)), [[0.5]])
    stepper.values["sgd/learning_rate"] = np.float32(0.25)
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
    (got,) = run_both(lambda: SGD(halving), [[4.0]], [[ones(1)]] * 3)
    np.testing.assert_allclose(got, [4 - 1 - 0.5 - 0.25])
    optimizer = SGD(halving)
    run_eagerly(optimizer, weight([4.0]), np.ones((3, 1)))
    np.testing.assert_allclose(optimizer.learning_rate, 0.125)


def test_a_function_of_nothing_gives_a_rate_too() -> None:
    optimizer = SGD(lambda: 0.25)
    assert optimizer.learning_rate == 0.25
    assert run_eagerly(optimizer, weight([1.0]), np.ones((1, 1))) == 0.75


def test_a_schedule_is_replaced_by_a_schedule_alone() -> None:
    optimizer = SGD(lambda step: 0.1)
    with pytest.raises(TypeError, match="follows a schedule"):
        optimizer.learning_rate = 0.5
    optimizer.learning_rate = lambda step: 0.2
    assert optimizer.learning_rate == 0.2


def test_a_schedule_in_place_of_a_number_takes_its_variable_away() -> None:
    optimizer = SGD(0.5)
    optimizer.learning_rate = halving
    assert [v.name for v in optimizer.variables] == ["iterations"]
    assert run_eagerly(optimizer, weight([4.0]), np.ones((2, 1))) == 2.5


def test_decay_is_the_time_decay_of_old_code() -> None:
    (got,) = run_both(lambda: SGD(lr=1.0, decay=0.5), [[0.0]], [[ones(1)]] * 3)
    np.testing.assert_allclose(got, [-(1 + 1 / 1.5 + 1 / 2)], rtol=1e-6)
    (got,) = run_both(lambda: SGD(halving, decay=1.0), [[0.0]], [[ones(1)]] * 2)
    np.testing.assert_allclose(got, [-(1 + 0.5 / 2)], rtol=1e-6)
    with pytest.raises(ValueError, match="decay must be 0 or more, not -1"):
        SGD(decay=-1)


def test_decay_stands_in_the_config_where_there_is_one() -> None:
    again = optimizers.deserialize(optimizers.serialize(Adam(decay=0.5)))
    assert again.get_config()["decay"] == 0.5
    assert "decay" not in Adam().get_config()


def test_weights_decay_along_a_schedule() -> None:
    (got,) = run_both(lambda: SGD(halving, weight_decay=0.5), [[1.0]], [[ones(1) * 0]] * 2)
    np.testing.assert_allclose(got, [0.5 * 0.75])


def test_a_schedule_counts_gradients_where_they_are_accumulated() -> None:
    schedule = schedules.PiecewiseConstantDecay([2], [0.5, 0.25])
    (got,) = run_both(lambda: SGD(schedule, gradient_accumulation_steps=2), [[0.0]], [[ones(1)]] * 6)
    assert got == [-(0.5 + 0.25 + 0.25)]


def test_a_learning_rate_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="fast"):
        SGD("fast")  # type: ignore[arg-type]
