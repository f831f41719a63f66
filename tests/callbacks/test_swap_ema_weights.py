"""The averages of the weights, in the model while it is evaluated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kgraph import Input, Sequential, layers, optimizers
from kgraph.callbacks import LambdaCallback, SwapEMAWeights

X = np.random.default_rng(2).normal(size=(12, 3)).astype("float32")
Y = X[:, :1] * 2

Weights = list[np.ndarray]


def compiled(use_ema: bool = True) -> Any:
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1, use_ema=use_ema, ema_momentum=0.5), "mse")
    return model


def averages(model: Any) -> Weights:
    return [average.numpy() for average in model.optimizer._model_variables_moving_average]


def same(some: Weights, others: Weights) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def seen_at(hook: str, model: Any, seen: list[tuple[Weights, Weights]]) -> LambdaCallback:
    """Notes the weights and their averages at a hook."""
    return LambdaCallback(**{hook: lambda *_, **__: seen.append((model.get_weights(), averages(model)))})


@pytest.mark.parametrize("use", ["evaluate", "predict"])
def test_the_averages_are_in_the_model_while_it_is_used_and_the_weights_afterwards(use: str) -> None:
    model = compiled()
    for _ in range(3):
        model.train_on_batch(X, Y)
    weights, means = model.get_weights(), averages(model)
    assert not same(weights, means)
    seen: list[tuple[Weights, Weights]] = []
    hook = "on_test_batch_end" if use == "evaluate" else "on_predict_batch_end"
    data = (X, Y) if use == "evaluate" else (X,)
    getattr(model, use)(*data, verbose=0, callbacks=[SwapEMAWeights(), seen_at(hook, model, seen)])
    assert same(seen[0][0], means)
    assert same(seen[0][1], weights)
    assert same(model.get_weights(), weights)
    assert same(averages(model), means)


def test_validation_sees_the_averages_and_training_goes_on_with_the_weights() -> None:
    results = []
    for callbacks in ([], [SwapEMAWeights()], [SwapEMAWeights(swap_on_epoch=True)]):
        model = compiled()
        model.set_weights([np.full_like(weight, 0.5) for weight in model.get_weights()])
        history = model.fit(X, Y, 4, 3, verbose=0, shuffle=False, validation_data=(X, Y), callbacks=callbacks).history
        results.append((history["loss"], history["val_loss"], model.get_weights()))
    (plain, plain_validated, plain_end), (swapped, validated, end), (by_epoch, validated_too, end_too) = results
    assert plain == swapped == by_epoch
    assert validated == validated_too != plain_validated
    assert same(plain_end, end)
    assert same(end, end_too)


def test_callbacks_behind_it_see_the_averages_at_the_end_of_an_epoch() -> None:
    model = compiled()
    before: list[tuple[Weights, Weights]] = []
    behind: list[tuple[Weights, Weights]] = []
    noting = [seen_at("on_epoch_end", model, before), SwapEMAWeights(True), seen_at("on_epoch_end", model, behind)]
    model.fit(X, Y, 4, 3, verbose=0, callbacks=noting)
    for (weights, means), (shown, hidden) in list(zip(before, behind, strict=True))[:-1]:
        assert same(shown, means)
        assert same(hidden, weights)
    assert same(behind[-1][0], before[-1][1])
    assert same(model.get_weights(), before[-1][1])


def test_an_optimizer_without_averages_is_refused() -> None:
    with pytest.raises(ValueError, match=r"SwapEMAWeights: optimizer sgd\w* keeps no averages; .* use_ema=True"):
        compiled(use_ema=False).evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
