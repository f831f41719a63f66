"""`plot_model`, and models in notebooks."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import pytest
from picture_models import two_outputs
from test_page import Page

import kgraph as keras
from kgraph import layers, ops
from kgraph.models.picture import Shown, draw_model

SVG = "{http://www.w3.org/2000/svg}"


def boxes(picture: str) -> dict[str, list[str]]:
    """The lines in each box, by the first of them."""
    groups = [group for group in ElementTree.fromstring(picture).iter(f"{SVG}g")]
    lines = [[line.text or "" for line in group.iter(f"{SVG}text")] for group in groups]
    return {first: rest for first, *rest in lines}


def edges(picture: str) -> list[str]:
    paths = ElementTree.fromstring(picture).iter(f"{SVG}path")
    return [path.findtext(f"{SVG}title") or "" for path in paths if path.get("class") == "edge"]


def corners(picture: str) -> dict[str, tuple[float, float]]:
    found = {}
    for group in ElementTree.fromstring(picture).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        found[group.findtext(f"{SVG}title") or ""] = float(rect.get("x", "")), float(rect.get("y", ""))
    return found


def siamese() -> keras.Model:
    keras.utils.clear_session()
    encoder = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu")], name="encoder")
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    return keras.Model([a, b], layers.Dense(1, name="same")(ops.abs(encoder(a) - encoder(b))))


def named(model: keras.Model, **shown: object) -> str:
    return draw_model(model, Shown(layer_names=True, **shown))


def test_a_functional_model_shows_its_layers_in_order() -> None:
    model = two_outputs()
    picture = named(model)
    assert set(boxes(picture)) >= {"steps (InputLayer)", "mask (Masking)", "kind (Dense)", "price (Dense)"}
    tops = {name.split()[0]: y for name, (_, y) in corners(picture).items()}
    assert tops["steps"] < tops["mask"] < tops["shared"] < tops["kind"] == tops["price"]


def test_a_shared_layer_is_one_box_with_an_edge_for_each_that_it_is_called_on() -> None:
    picture = named(siamese())
    assert [name for name in boxes(picture) if name.startswith("encoder")] == ["encoder (Sequential)"]
    tops = {name: y for name, (_, y) in corners(picture).items()}
    assert tops["a (InputLayer)"] == tops["b (InputLayer)"] < tops["encoder (Sequential)"]
    assert "(None, 4), (None, 4)" in edges(picture)


def test_a_sequential_model_is_a_chain() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="a"), layers.Dense(1, name="b")], name="stack")
    picture = named(model)
    assert len(edges(picture)) == 2
    places = corners(picture)
    assert places["a (Dense)"][1] < places["b (Dense)"][1]


def test_a_model_with_a_call_of_its_own_is_one_box() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.dense = layers.Dense(1)

        def call(self, x: object) -> object:
            return self.dense(x)

    model = Own()
    model.build((None, 3))
    assert list(boxes(named(model, shapes=True))) == ["own (Own)"]


def test_nested_models_are_one_box_or_show_their_layers() -> None:
    model = siamese()
    assert "dense (Dense)" not in boxes(named(model))
    opened = named(model, expand_nested=True)
    assert "dense (Dense)" in boxes(opened)
    outer, inner = corners(opened)["encoder (Sequential)"], corners(opened)["dense (Dense)"]
    assert inner[0] > outer[0] and inner[1] > outer[1]


def test_boxes_say_what_is_asked_for() -> None:
    model = siamese()
    model.get_layer("same").trainable = False
    shown = Shown(shapes=True, dtype=True, layer_names=True, layer_activations=True, trainable=True)
    lines = boxes(draw_model(model, shown))
    assert lines["same (Dense)"] == [
        "activation: linear", "input: (None, 4)", "output: (None, 1)", "dtype: float32", "not trainable",
    ]  # fmt: skip
    assert lines["a (InputLayer)"] == ["output: (None, 8)", "dtype: float32"]
    assert boxes(draw_model(model, Shown()))["Dense"] == []


@pytest.mark.parametrize(
    ("rankdir", "axis", "ascending"), [("TB", 1, True), ("BT", 1, False), ("LR", 0, True), ("RL", 0, False)]
)
def test_edges_run_the_way_of_rankdir(rankdir: str, axis: int, ascending: bool) -> None:
    places = corners(named(siamese(), rankdir=rankdir))
    first, last = places["a (InputLayer)"][axis], places["same (Dense)"][axis]
    assert (first < last) == ascending


@pytest.mark.parametrize("splines", ["ortho", "curved", "spline", "polyline", "line"])
def test_every_way_to_draw_an_edge_draws_each_of_them(splines: str) -> None:
    assert len(edges(named(siamese(), splines=splines))) == len(edges(named(siamese())))


def test_odd_layer_names_are_escaped() -> None:
    keras.utils.clear_session()
    name = '<script>"&\n'
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, name=name)])
    assert '<script>"&␊ (Dense)' in boxes(named(model))


def test_plot_model_writes_svg_and_html(tmp_path: Path) -> None:
    model = siamese()
    assert keras.utils.plot_model(model, tmp_path / "m.svg", show_layer_names=True) is None
    assert "same (Dense)" in boxes((tmp_path / "m.svg").read_text(encoding="utf-8"))
    keras.utils.plot_model(model, str(tmp_path / "m.html"), show_layer_names=True)
    Page((tmp_path / "m.html").read_text(encoding="utf-8"))


def test_what_cannot_be_drawn_is_refused_by_name(tmp_path: Path) -> None:
    model = siamese()
    with pytest.raises(ValueError, match=r"\.svg and \.html files, not 'model\.png'"):
        keras.utils.plot_model(model)
    with pytest.raises(ValueError, match="rankdir is 'UP'.*TB, BT, LR, RL"):
        keras.utils.plot_model(model, tmp_path / "m.svg", rankdir="UP")
    with pytest.raises(ValueError, match="splines is 'wavy'.*ortho"):
        keras.utils.plot_model(model, tmp_path / "m.svg", splines="wavy")
    with pytest.raises(ValueError, match="model empty is not built"):
        keras.utils.plot_model(keras.Sequential([layers.Dense(1)], name="empty"), tmp_path / "m.svg")
    with pytest.raises(TypeError, match="plot_model draws a model, not 3"):
        keras.utils.plot_model(3, tmp_path / "m.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_a_model_as_an_image_and_prints_one_that_is_not_built() -> None:
    attributes = {name: value for _, name, value in Page(siamese()._repr_html_() or "").attributes}
    head, _, encoded = (attributes["src"] or "").partition(",")
    assert head == "data:image/svg+xml;base64"
    assert "same (Dense)" in boxes(b64decode(encoded).decode("utf-8"))
    assert keras.Sequential([layers.Dense(1)])._repr_html_() is None
