"""The variables of optimizers, their configs and their names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from optimizer_cases import GRADIENTS, START, floatx, run_eagerly, weight

from kgraph import optimizers
from kgraph.names import snake_case
from kgraph.optimizers import SGD, Adam, LossScaleOptimizer, Optimizer, RMSprop
from kgraph.registry import custom_object_scope
from kgraph.types import type_of

KINDS = [
    getattr(optimizers, name)
    for name in optimizers.__all__
    if name[0].isupper() and name not in ("Optimizer", "LossScaleOptimizer")
]


@pytest.mark.parametrize(
    ("make", "slots"),
    [
        (SGD, []),
        (lambda: SGD(momentum=0.9), ["momentum"]),
        (lambda: RMSprop(momentum=0.9, centered=True), ["velocity", "momentum", "average_gradient"]),
        (lambda: Adam(amsgrad=True), ["momentum", "velocity", "velocity_hat"]),
        (lambda: Adam(use_ema=True), ["average", "momentum", "velocity"]),
        (lambda: SGD(gradient_accumulation_steps=2, use_ema=True), ["average", "gradient_accumulator"]),
        (optimizers.Adamax, ["momentum", "norm"]),
        (optimizers.Ftrl, ["accumulator", "linear"]),
        (optimizers.Adadelta, ["accumulated_grad", "accumulated_delta_var"]),
    ],
)
def test_slots_are_called_after_their_variables(make: Any, slots: list[str]) -> None:
    optimizer = make()
    optimizer.build([weight(START)])
    name = snake_case(type(optimizer).__name__)
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


def test_several_names_of_slots_may_have_an_initializer_each() -> None:
    optimizer = SGD()
    ups, downs = optimizer.add_optimizer_variables([weight(START)], ["up", "down"], ["ones", "zeros"])
    assert (ups[0].numpy() == 1).all()
    assert (downs[0].numpy() == 0).all()
    (alone,) = optimizer.add_optimizer_variables([weight(START)], "alone", "ones")
    assert alone.name == "dense_kernel_alone"
    with pytest.raises(ValueError, match="1 initializers for the slots up, down"):
        optimizer.add_optimizer_variables([weight(START)], ["up", "down"], ["ones"])


def test_type_of_slots_is_that_of_the_variable() -> None:
    with floatx("float64"):
        variable = weight(START)
    optimizer = Adam()
    optimizer.build([variable])
    assert [v.type for v in optimizer.variables[2:]] == [type_of(START)] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_an_optimizer_are_taken_and_given(kind: Any) -> None:
    first, second = kind(), kind()
    variable = weight(START)
    run_eagerly(first, variable)
    second.build([variable])
    store: dict[str, np.ndarray] = {}
    first.save_own_variables(store)
    assert list(store) == [str(place) for place in range(len(first.variables))]
    second.load_own_variables(store)
    for mine, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_an_optimizer_goes_on_from_its_weights_as_if_it_had_not_stopped() -> None:
    whole, halves = weight(START), weight(START)
    run_eagerly(optimizers.Nadam(), whole)
    before, after = optimizers.Nadam(), optimizers.Nadam()
    run_eagerly(before, halves, GRADIENTS[:3])
    after.build([halves])
    after.set_weights(before.get_weights())
    run_eagerly(after, halves, GRADIENTS[3:])
    np.testing.assert_array_equal(whole.numpy(), halves.numpy())


def test_weights_that_do_not_fit_change_nothing() -> None:
    optimizer = Adam()
    optimizer.build([weight(START)])
    with pytest.raises(ValueError, match=r"adam\w* has 4 variables, not 1"):
        optimizer.set_weights([np.array(3)])
    with pytest.raises(ValueError, match=r"adam/dense_kernel_velocity has shape \(4, 3\), its weights \(2,\)"):
        optimizer.set_weights([np.array(3), np.array(0.5), np.ones((4, 3)), np.ones(2)])
    assert optimizer.iterations.numpy() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_config_makes_the_same_optimizer_again(kind: Any) -> None:
    optimizer = kind(0.1, clipvalue=0.5, weight_decay=0.1, use_ema=True, ema_overwrite_frequency=3, name="mine")
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert optimizer.get_config()["learning_rate"] == 0.1


def test_a_config_of_a_scaled_loss_holds_that_of_the_inner_optimizer() -> None:
    optimizer = LossScaleOptimizer(SGD(0.1, momentum=0.5), 4.0)
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert again.inner_optimizer.momentum == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_names_stand_for_optimizers_in_large_and_small_letters(kind: Any) -> None:
    name = kind.__name__
    for spelt in (name, name.lower(), name.upper()):
        got = optimizers.get(spelt)
        assert type(got) is kind
        assert got.get_config() == {**kind().get_config(), "name": got.name}


def test_a_users_name_comes_before_that_of_the_library() -> None:
    class Adam(SGD):
        pass

    with custom_object_scope({"Adam": Adam}):
        assert type(optimizers.get("Adam")) is Adam
        assert type(optimizers.get("adam")) is optimizers.Adam


def test_an_optimizer_stands_for_itself() -> None:
    optimizer = Adam()
    assert optimizers.get(optimizer) is optimizer


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="adam"):
        optimizers.get("madam")


def test_a_learning_rate_in_a_config_is_as_short_as_it_was_given() -> None:
    assert Adam(0.001).get_config()["learning_rate"] == 0.001


def test_arguments_that_do_not_exist_are_refused() -> None:
    with pytest.raises(TypeError, match="Adam has no argument 'beta1'"):
        Adam(beta1=0.9)


def test_the_base_can_be_named_and_is_counted_otherwise() -> None:
    class Own(Optimizer):
        pass

    assert Own(name="mine").name == "mine"
    first, second = Own().name, Own().name
    assert (first.split("_")[0], second.split("_")[0]) == ("own", "own")
    assert first != second
