"""What an explained loss looks like: its formula, its table, a frame, a notebook."""

from __future__ import annotations

import numpy as np
import pytest
from explained_models import RULES, line, tagger, tagger_batch

import kgraph as keras

FEATURES = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [0.0, 0.0]])
TARGETS = np.array([[0.0], [2.0], [1.0], [2.0]])
WEIGHTS = np.array([1.0, 0.0, 2.0, 0.0])

SMALL = """\
loss = 1.0 * mean(l*w)/mean(w != 0) [out] + 0.125*sum(kernel^2) [out]

out: l = mean_squared_error, weighting keras2; divided by 4 losses * 0.5 active_fraction (no mask)

output                     sample  step  raw loss  mask  weight  divisor  contribution  loss weight    term
-------------------------  ------  ----  --------  ----  ------  -------  ------------  -----------  ------
out                             0               1             1        2           0.5            1     0.5
out                             1               0             0        2             0            1       0
out                             2               9             2        2             9            1       9
out                             3               4             0        2             0            1       0
0.125*sum(kernel^2) [out]                                                                             0.625
total                                                                                                10.125

the graph's loss in evaluation is 10.125; the terms add up to it (to 8e-06, for rounding)"""


def test_the_text_of_a_small_case() -> None:
    assert str(line().explain_loss(FEATURES, TARGETS, WEIGHTS)) == SMALL


FORMULAS = {
    "keras2": (
        "loss = 0.7 * mean(l*m*w)/(mean(m)*mean(w != 0)) [tag] + 1.5 * mean(l*w)/mean(w != 0) [grade]",
        "loss = 0.7 * mean(l*m)/mean(m) [tag] + 1.5 * mean(l) [grade]",
    ),
    "keras3": (
        "loss = 0.7 * mean(l*m*w)/mean(m) [tag] + 1.5 * mean(l*w) [grade]",
        "loss = 0.7 * mean(l*m)/mean(m) [tag] + 1.5 * mean(l) [grade]",
    ),
    "weighted_mean": (
        "loss = 0.7 * sum(l*m*w)/sum(m*w) [tag] + 1.5 * sum(l*w)/sum(w) [grade]",
        "loss = 0.7 * sum(l*m)/sum(m) [tag] + 1.5 * mean(l) [grade]",
    ),
}
PENALTIES = " + activity [shared] + activity [shared] + 0.01*sum(abs(kernel)) + 0.02*sum(kernel^2) [shared]"


@pytest.mark.parametrize("rule", RULES)
def test_the_formula_says_what_the_rule_does_with_what_is_given(rule: str) -> None:
    model, data = tagger(weighting=rule), tagger_batch(np.random.default_rng(1))
    weighted, plain = FORMULAS[rule]
    assert model.explain_loss(*data).formula == weighted + PENALTIES
    assert model.explain_loss(data.x, data.y).formula == plain + PENALTIES


def test_regularizers_that_are_not_sums_are_called_by_their_names() -> None:
    def squares(weight: object) -> object:
        return keras.ops.sum(keras.ops.square(weight))

    inputs = keras.Input((3,))
    right_angles = keras.regularizers.OrthogonalRegularizer(0.5)
    hidden = keras.layers.Dense(3, kernel_regularizer=right_angles, bias_regularizer=squares, name="hidden")
    model = keras.Model(inputs, hidden(inputs))
    model.compile("sgd", None)
    found = model.explain_loss(np.ones((2, 3)))
    assert found.formula == "loss = OrthogonalRegularizer(kernel) [hidden] + squares(bias) [hidden]"
    assert found.adds_up and not found.outputs


def test_many_losses_are_folded_in_text_and_the_folded_row_adds_up() -> None:
    rng = np.random.default_rng(2)
    found = line().explain_loss(rng.normal(size=(100, 2)), rng.normal(size=(100, 1)))
    folded, whole = found.table(), found.table(fold=False)
    assert (len(folded), len(whole)) == (6 + 1 + 4 + 1, 100 + 1)
    assert "+90 more" in str(found)
    assert sum(folded.column("term")) == pytest.approx(sum(whole.column("term")), rel=1e-12)
    assert sum(whole.column("term")) == pytest.approx(found.value, rel=1e-6)


def test_no_line_of_the_table_is_wider_than_a_terminal() -> None:
    found = tagger().explain_loss(*tagger_batch(np.random.default_rng(3)))
    assert max(map(len, str(found.table()).splitlines())) <= 120


def test_the_text_tells_which_phase_it_is_of() -> None:
    in_training = line().explain_loss(FEATURES, TARGETS, WEIGHTS, training=True)
    assert "the graph's loss in training is 10.125" in str(in_training)


def test_terms_that_do_not_add_up_are_said_not_to() -> None:
    found = line().explain_loss(FEATURES, TARGETS, WEIGHTS)
    found.value = 8.0
    assert not found.adds_up and "8.0; the terms add up to 10.125" in str(found) and "does not explain" in str(found)


def test_a_frame_has_every_row_and_its_terms_add_up() -> None:
    pytest.importorskip("pandas")
    model, data = tagger(), tagger_batch(np.random.default_rng(4))
    found = model.explain_loss(*data)
    frame = found.to_pandas()
    assert len(frame) == 7 * 4 + 7 + 3
    assert frame["term"].sum() == pytest.approx(found.value, rel=1e-6)
    tag = frame[frame["output"] == "tag"]
    assert tag["mask"].tolist() == (data.x[0].ravel() != 0).tolist()
    by_hand = tag["raw_loss"] * tag["mask"] * tag["weight"] / tag["divisor"]
    np.testing.assert_allclose(by_hand, tag["contribution"], rtol=1e-12)


def test_a_notebook_shows_a_table_with_everything_escaped() -> None:
    inputs = keras.Input((2,), name="x")
    dense = keras.layers.Dense(1, name="out")
    model = keras.Model(inputs, dense(inputs))

    def below(y: object, p: object) -> object:
        return keras.ops.mean(keras.ops.abs(y - p), axis=-1)

    below.__name__ = "a<b"
    model.compile("sgd", below)
    html = model.explain_loss(FEATURES, TARGETS)._repr_html_()
    assert "<table>" in html and "a&lt;b" in html and "a<b" not in html
    assert html.count("<tr>") == 1 + 4 + 1
