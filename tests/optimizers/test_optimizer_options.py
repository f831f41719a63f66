"""Averaged weights, accumulated gradients and scaled losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optimizer_cases import GRADIENTS, START, Stepper, run_both, run_eagerly, weight

import kgraph as keras
from kgraph import ops, optimizers
from kgraph.optimizers import SGD, Adam, LossScaleOptimizer, Optimizer

ALL = [getattr(optimizers, name) for name in optimizers.__all__ if name[0].isupper()]
STEPPING = [kind for kind in ALL if kind not in (Optimizer, LossScaleOptimizer)]


def model_of(optimizer: Optimizer) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="ones")])
    model.compile(optimizer, loss="mse")
    return model


X = GRADIENTS[:, :, 0:3].reshape(-1, 3).astype(np.float32)
Y = GRADIENTS[:, :, 0:2].reshape(-1, 2).astype(np.float32)


class TestAverages:
    def test_an_average_starts_at_the_first_value_and_then_follows(self) -> None:
        variable, optimizer = weight(START), SGD(0.1, use_ema=True, ema_momentum=0.8)
        expected, value = None, START
        for g in GRADIENTS:
            optimizer.apply([g.astype(np.float32)], [variable])
            value = value - 0.1 * g
            expected = value if expected is None else 0.8 * expected + 0.2 * value
            (average,) = optimizer._model_variables_moving_average
            np.testing.assert_allclose(average.numpy(), expected, rtol=2e-5, atol=1e-6)

    def test_variables_become_their_averages_every_so_many_steps(self) -> None:
        def make() -> Optimizer:
            return SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)

        one = [np.ones(1)]
        values = [run_both(make, [[0.0]], [one] * count)[0].item() for count in (1, 2, 3, 4)]
        # The averages are -1, -1.5, -2 and -2.75; the second and the fourth take the variable's place.
        assert values == [-1, -1.5, -2.5, -2.75]

    def test_training_ends_with_the_averages(self) -> None:
        variables = [weight([0.0], "a"), weight([0.0], "b")]
        optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
        for _ in range(2):
            optimizer.apply([np.ones(1, np.float32)] * 2, variables)
        optimizer.finalize_variable_values(variables[:1])
        assert [variable.numpy().item() for variable in variables] == [-1.5, -2]
        with pytest.raises(ValueError, match="built without dense/c"):
            optimizer.finalize_variable_values([weight([0.0], "c")])

    def test_without_averages_or_steps_the_end_changes_nothing(self) -> None:
        for optimizer in (SGD(), SGD(use_ema=True)):
            variable = weight([3.0])
            optimizer.build([variable])
            optimizer.finalize_variable_values([variable])
            assert variable.numpy() == 3

    def test_variables_without_gradient_are_averaged_too(self) -> None:
        variables, optimizer = [weight([1.0], "a"), weight([5.0], "b")], SGD(1.0, use_ema=True)
        with pytest.warns(UserWarning, match="dense/b"):
            optimizer.apply([np.ones(1, np.float32), None], variables)
        assert [average.numpy().item() for average in optimizer._model_variables_moving_average] == [0, 5]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"ema_momentum": 1.5}, "ema_momentum must be between 0 and 1, not 1.5"),
            ({"ema_overwrite_frequency": -1}, "ema_overwrite_frequency must be an int of at least 1, or None, not -1"),
            ({"ema_overwrite_frequency": 1.5}, "ema_overwrite_frequency must be an int"),
        ],
    )
    def test_numbers_that_mean_no_average_are_refused(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            SGD(use_ema=True, **options)
        SGD(**options)


class TestAccumulation:
    @pytest.mark.parametrize("kind", STEPPING)
    def test_three_gradients_make_the_step_of_their_mean(self, kind: Callable[..., Optimizer]) -> None:
        (alone,) = run_both(lambda: kind(0.1, clipnorm=1.0, weight_decay=0.1), [START], _means(3))
        make = lambda: kind(0.1, clipnorm=1.0, weight_decay=0.1, gradient_accumulation_steps=3)  # noqa: E731
        (together,) = run_both(make, [START], [[g] for g in GRADIENTS])
        np.testing.assert_allclose(together, alone, rtol=2e-5, atol=1e-6)

    def test_between_updates_nothing_but_the_sums_changes(self) -> None:
        variable, optimizer = weight(START), Adam(gradient_accumulation_steps=3)
        run_eagerly(optimizer, variable, GRADIENTS[:2])
        np.testing.assert_array_equal(variable.numpy(), START.astype(np.float32))
        (sums,) = (slot for slot in optimizer.variables if slot.name.endswith("gradient_accumulator"))
        np.testing.assert_allclose(sums.numpy(), GRADIENTS[:2].sum(0), rtol=1e-5)
        assert not any(slot.numpy().any() for slot in optimizer.variables if slot.name.endswith(("momentum", "city")))
        run_eagerly(optimizer, variable, GRADIENTS[2:3])
        assert not sums.numpy().any()
        assert (variable.numpy() != START.astype(np.float32)).all()

    def test_iterations_are_updates(self) -> None:
        optimizer, variable = SGD(gradient_accumulation_steps=2), weight(START)
        counts = []
        for g in GRADIENTS[:5]:
            run_eagerly(optimizer, variable, [g])
            counts.append(int(optimizer.iterations))
        assert counts == [0, 1, 1, 2, 2]
        assert int(optimizer.variables[0].numpy()) == 5

    def test_a_users_own_state_waits_for_the_update_too(self) -> None:
        class Counting(Optimizer):
            def build(self, variables: Any) -> None:
                super().build(variables)
                self.steps = keras.Variable(0.0)
                self.seen = []
                for _ in variables:
                    self.seen.append(keras.Variable(0.0))

            def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
                self.steps.assign(self.steps + 1)
                self.assign_add(self.seen[self._get_variable_index(variable)], ops.sum(gradient))

        optimizer = Counting(gradient_accumulation_steps=2)
        run_eagerly(optimizer, weight([1.0]), np.ones((5, 1)))
        assert [float(each.numpy()) for each in optimizer.variables[-2:]] == [2, 2]

    def test_a_compiled_model_trains_as_with_larger_batches(self) -> None:
        small, large = model_of(Adam(0.05, gradient_accumulation_steps=3)), model_of(Adam(0.05))
        small.fit(X, Y, batch_size=4, shuffle=False, epochs=2, verbose=0)
        large.fit(X, Y, batch_size=12, shuffle=False, epochs=2, verbose=0)
        for one, other in zip(small.get_weights(), large.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4)
        assert int(small.optimizer.iterations) == int(large.optimizer.iterations.numpy()) == 4

    @pytest.mark.parametrize("steps", [1, -2, 2.5])
    def test_fewer_than_two_gradients_are_no_accumulation(self, steps: Any) -> None:
        with pytest.raises(ValueError, match="gradient_accumulation_steps must be an int of at least 2"):
            SGD(gradient_accumulation_steps=steps)


def _means(count: int) -> list[list[np.ndarray]]:
    return [[GRADIENTS[start : start + count].mean(0)] for start in range(0, len(GRADIENTS), count)]


class TestLossScale:
    def test_gradients_are_divided_by_it(self) -> None:
        (got,) = run_both(lambda: SGD(1.0, loss_scale_factor=4.0, clipvalue=1.0), [[0.0, 0.0]], [[np.float32([2, 8])]])
        assert got.tolist() == [-0.5, -1]
        assert SGD(loss_scale_factor=4.0).scale_loss(3.0) == 12
        assert SGD().scale_loss(3.0) == 3

    def test_a_compiled_model_trains_as_without(self) -> None:
        scaled, plain = model_of(SGD(0.1, loss_scale_factor=1024.0)), model_of(SGD(0.1))
        losses = [model.train_on_batch(X, Y) for model in (scaled, plain)]
        assert losses[0] == losses[1]
        for one, other in zip(scaled.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5)


class TestDynamicLossScale:
    def test_it_halves_where_a_gradient_overflows_and_leaves_all_else(self) -> None:
        def make() -> Optimizer:
            return LossScaleOptimizer(Adam(0.5), initial_scale=8.0)

        steps = [[np.float32([8, 8])], [np.float32([np.inf, 1])], [np.float32([np.nan, 1])]]
        first, last = (run_both(make, [[0.0, 0.0]], given)[0] for given in (steps[:1], steps))
        np.testing.assert_array_equal(first, last)
        stepper = Stepper(make(), [weight([0.0, 0.0])])
        for step in steps:
            stepper.step(*step)
        assert stepper.values["loss_scale_optimizer/dynamic_scale"] == 2
        assert stepper.values["adam/iterations"] == 1

    def test_it_doubles_after_finite_steps_in_a_row(self) -> None:
        variable, optimizer = weight([0.0]), LossScaleOptimizer(SGD(1.0), 4.0, dynamic_growth_steps=2)
        scales = []
        for g in (1, 1, np.inf, 1, 1, 1, 1):
            optimizer.apply([np.float32([g])], [variable])
            scales.append(float(optimizer.dynamic_scale.numpy()))
        assert scales == [4, 8, 4, 4, 8, 8, 16]

    def test_a_compiled_model_scales_its_loss_as_the_scale_stands(self) -> None:
        scaled, plain = model_of(LossScaleOptimizer(SGD(0.1), dynamic_growth_steps=1)), model_of(SGD(0.1))
        for model in (scaled, plain):
            for _ in range(3):
                model.train_on_batch(X, Y)
        assert float(scaled.optimizer.dynamic_scale.numpy()) == 2.0**18
        for one, other in zip(scaled.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5)

    def test_the_inner_optimizer_has_the_learning_rate_and_the_options(self) -> None:
        optimizer = LossScaleOptimizer(SGD(0.5, loss_scale_factor=3.0))
        optimizer.learning_rate = 0.25
        assert optimizer.inner_optimizer.learning_rate.numpy() == 0.25
        assert optimizer.inner_optimizer.loss_scale_factor is None
        LossScaleOptimizer(SGD(), clipnorm=None, use_ema=False, ema_momentum=0.99)
        with pytest.raises(ValueError, match="give clipnorm=1.0 to the inner optimizer"):
            LossScaleOptimizer(SGD(), clipnorm=1.0)
        with pytest.raises(TypeError, match="no argument 'clip'"):
            LossScaleOptimizer(SGD(), clip=1.0)
