"""Values by name: of one run, over the epochs, and of two graphs side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted import BATCH, SAMPLES, make_data, make_model

import kgraph as keras
from kgraph import Graph
from kgraph.debug.statistics import Statistics
from kgraph.node import PLACEHOLDERS, VARIABLES


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return make_model()


def state_of(model: keras.Model) -> dict[str, bytes]:
    return {name: storage.array.tobytes() for name, storage in model.make_train_function().variables.items()}


# --- trace ------------------------------------------------------------------------------------------------------------


def test_a_trace_has_every_node_and_changes_nothing(model: keras.Model) -> None:
    data, function = make_data(), model.make_train_function()
    before = state_of(model)
    values = function.trace(data.x, data.y, data.weights)
    assert list(values) == [node.name for node in function.graph.nodes]
    assert state_of(model) == before
    np.testing.assert_array_equal(values["words"], data.x["words"])
    np.testing.assert_allclose(values["tags/softmax"].sum(-1), 1, rtol=1e-6)
    reported = model.test_on_batch(data.x, data.y, data.weights, return_dict=True)
    test = model.make_test_function()
    found = test.trace(data.x, data.y, data.weights)
    outputs = {name: found[node] for name, node in test.graph.outputs.items()}
    assert outputs["loss"] == pytest.approx(reported["loss"], rel=1e-6)
    assert outputs["tags_accuracy"] == pytest.approx(reported["tags_accuracy"], rel=1e-6)


def test_arguments_of_a_trace_may_be_lists_dicts_or_feeds(model: keras.Model) -> None:
    data, function = make_data(), model.make_test_function()
    by_name = function.trace(data.x, data.y, data.weights)
    in_order = function.trace(list(data.x.values()), list(data.y.values()), list(data.weights.values()))
    fed = {**data.x, "tags_target": by_name["tags_target"], "score_target": data.y["score"][:, 0]}
    fed |= {f"{name}_sample_weights": weights for name, weights in data.weights.items()}
    for other in (in_order, function.trace(fed)):
        assert all(values.tobytes() == by_name[name].tobytes() for name, values in other.items())


def test_values_of_a_trace_may_be_anything(model: keras.Model) -> None:
    data = make_data()
    data.x["features"][0, 0] = np.nan
    assert np.isnan(model.make_predict_function().trace(data.x)["score/add"][0]).all()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            {"words": np.zeros((2, 5)), "other": np.zeros((2, 4))},
            "predict has no input 'other'; it has words, features",
        ),
        ([np.zeros((2, 5))], r"predict has 2 of input \(words, features\), but 1 were given"),
        ([np.zeros((2, 5)), np.zeros((2, 3))], "dimension 1 of features .* must be 4, not 3"),
        ([np.zeros((2, 5)), np.zeros((3, 4))], "N is 2 in words but 3 in features"),
        (None, "predict needs a feed for words, features"),
    ],
)
def test_a_trace_refuses_what_does_not_fit(model: keras.Model, x: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.make_predict_function().trace(x)


# --- watch ------------------------------------------------------------------------------------------------------------


def test_watched_nodes_have_statistics_for_each_epoch() -> None:
    model, data = make_model(), make_data()
    watched = keras.debug.watch("score/kernel", "grad/score/*")
    before = model.get_layer("score").kernel.numpy()
    model.fit(data.x, data.y, batch_size=BATCH, epochs=3, shuffle=False, callbacks=[watched], verbose=0)
    after = model.get_layer("score").kernel.numpy()
    assert watched.epochs == [0, 1, 2]
    assert {"score/kernel", "grad/score/kernel", "grad/score/bias"} <= set(watched.history)
    assert all(len(history) == 3 for history in watched.history.values())
    assert watched.history["score/kernel"][-1] == Statistics.of(after) != Statistics.of(before)
    table = watched.table()
    assert len(table) == 3 * len(watched.history)
    assert table.column("epoch")[:3] == [1, 2, 3]
    assert "score/kernel" in str(watched) and "watched: score/kernel, grad/score/*" in str(watched)


def test_watching_changes_nothing_of_a_training() -> None:
    data, histories = make_data(), []
    plain = make_model()
    for callbacks in ([], [keras.debug.watch("*")]):
        model = make_model()
        model.set_weights(plain.get_weights())
        fitted = model.fit(data.x, data.y, batch_size=BATCH, epochs=2, shuffle=False, callbacks=callbacks, verbose=0)
        histories.append(fitted.history)
        assert model._latest_steps is None
    assert histories[0] == histories[1]


def test_a_batch_of_its_own_can_be_watched() -> None:
    model, data = make_model(), make_data()
    batch = [{name: array[:3] for name, array in part.items()} for part in data]
    watched = keras.debug.watch("features", "score_sample_weights", data=tuple(batch))
    model.fit(data.x, data.y, batch_size=BATCH, callbacks=[watched], verbose=0)
    assert watched.history["features"] == [Statistics.of(data.x["features"][:3])]
    assert watched.history["score_sample_weights"] == [Statistics.of(data.weights["score"][:3])]


def test_a_pattern_that_matches_nothing_is_refused_before_training() -> None:
    model, data = make_model(), make_data()
    with pytest.raises(ValueError, match="no node of the training step matches 'sore/\\*'"):
        model.fit(data.x, data.y, callbacks=[keras.debug.watch("score/*", "sore/*")], verbose=0)
    with pytest.raises(TypeError, match="takes the names of nodes"):
        keras.debug.watch()
    with pytest.raises(TypeError, match=r"data must be \(x, y\) or \(x, y, sample_weight\), not a tuple of 1"):
        keras.debug.watch("*", data=(data.x,))
    with pytest.raises(TypeError, match="sample_weight\\), not a dict"):
        keras.debug.watch("*", data=data.x)


def test_statistics_tell_special_values_apart() -> None:
    seen = Statistics.of(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 4.0], "float32"))
    assert seen == (6, 0.0, 4.0, pytest.approx(4 / 3), 1, 2, 2)
    assert str(seen) == "min 0, max 4, mean 1.33333, 1 NaN, 2 infinite, 2 zeros of 6"
    assert str(Statistics.of(np.zeros((0, 3)))) == "empty"
    assert str(Statistics.of(np.full(2, np.nan))) == "2 NaN of 2"
    assert str(Statistics.of(np.array([True, False]))) == "min 0, max 1, mean 0.5, 1 zeros of 2"


# --- compare ----------------------------------------------------------------------------------------------------------


def feeds_for(model: keras.Model, graph: Graph) -> dict[str, np.ndarray]:
    data = make_data()
    values = model.make_train_function().trace(data.x, data.y, data.weights)
    return {node.name: values[node.name] for node in graph.leaves(*PLACEHOLDERS, *VARIABLES)}


def test_a_graph_and_its_text_agree(model: keras.Model, tmp_path: Path) -> None:
    graph = model.make_train_function().graph
    graph.save(tmp_path / "train.kg")
    found = keras.debug.compare(graph, Graph.load(tmp_path / "train.kg"), feeds_for(model, graph))
    assert not found
    assert found.compared == len(graph) and found.parting is None
    assert "their values are alike" in str(found)


def test_the_first_node_whose_values_part_is_named(model: keras.Model) -> None:
    graph = model.make_train_function().graph
    changed = Graph.parse(str(graph).replace("{epsilon: 0.001}", "{epsilon: 0.5}"))
    feeds = feeds_for(model, graph)
    found = keras.debug.compare(graph, changed, feeds)
    assert found and found.parting is not None
    assert found.parting.node == found.parting.other == "norm/batch_norm"
    difference = np.abs(found.parting.a - found.parting.b)
    assert found.parting.max_difference == pytest.approx(difference.max(), rel=1e-6)
    assert difference[found.parting.position] == difference.max()
    assert "they part at %norm/batch_norm" in str(found)
    assert not keras.debug.compare(graph, changed, feeds, rtol=1e9, atol=1e9)


def test_a_node_of_another_name_is_compared_with_what_it_stands_for(model: keras.Model) -> None:
    graph = model.make_predict_function().graph
    renamed = Graph.parse(str(graph).replace("score", "points"))
    found = keras.debug.compare(graph, renamed, feeds_for(model, graph))
    assert not found
    assert found.compared == len(graph) and not found.only_a and not found.only_b


def test_types_and_nan_can_part_graphs_too() -> None:
    body = "%x: f32[N] = input()\n%y: {type} = {op}(%x){attrs}\noutput y = %y\n"
    root, log = (Graph.parse(body.format(type="f32[N]", op=op, attrs="")) for op in ("sqrt", "log"))
    cast = Graph.parse(body.format(type="f64[N]", op="cast", attrs='{dtype: "f64"}'))
    ones, negative = np.ones(3, "float32"), np.array([-1.0, 4.0, -2.0], "float32")
    assert (
        keras.debug.compare(root, cast, {"x": ones}).parting.reason
        == "float32[3] in the first, float64[3] in the second"
    )
    assert not keras.debug.compare(root, root, {"x": negative})
    found = keras.debug.compare(root, log, {"x": np.array([1.0, -1.0, np.inf], "float32")}).parting
    assert found.position == (0,) and found.max_difference == 1.0
    absolute = Graph.parse(body.format(type="f32[N]", op="abs", attrs=""))
    assert keras.debug.compare(root, absolute, {"x": negative[:1]}).parting.max_difference == np.inf


@pytest.mark.parametrize(
    ("feeds", "options", "message"),
    [
        ({}, {}, "needs a value for the variables"),
        ({"nobody": np.zeros(3)}, {}, "neither graph has a placeholder or variable 'nobody'"),
        ({}, {"rtol": -1.0}, "rtol -1.0 and atol 1e-06 must be at least 0"),
    ],
)
def test_compare_refuses_what_does_not_fit(model: keras.Model, feeds: dict, options: dict, message: str) -> None:
    graph = model.make_predict_function().graph
    with pytest.raises(ValueError, match=message):
        keras.debug.compare(graph, graph, feeds, **options)


def test_fewer_samples_than_a_batch_can_be_traced(model: keras.Model) -> None:
    values = model.make_predict_function().trace({name: array[:1] for name, array in make_data().x.items()})
    assert values["score/add"].shape == (1, 1) and SAMPLES > 1
