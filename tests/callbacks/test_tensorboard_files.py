"""What the ``TensorBoard`` callback writes, read without tensorboard."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from event_reader import fields, read_varint, scalars, values

from kgraph import Input, Sequential, layers, optimizers
from kgraph.callbacks import TensorBoard
from kgraph.callbacks.tensorboard.events import buckets
from kgraph.callbacks.tensorboard.png import encode_png, weight_images
from kgraph.callbacks.tensorboard.records import crc32c, masked_crc, record
from kgraph.callbacks.tensorboard.wire import chunk, double, integer, varint

X = np.random.default_rng(5).normal(size=(20, 3)).astype("float32")
Y = X[:, :1] * 2


def compiled() -> Any:
    model = Sequential([Input((3,)), layers.Dense(4, name="hidden"), layers.Dense(1, name="out")])
    model.compile(optimizers.SGD(0.125), "mse", metrics=["mae"])
    return model


def trained(log_dir: Path, epochs: int = 2, **arguments: Any) -> Any:
    """A model and its history: 2 epochs of 4 steps."""
    model = compiled()
    callback = TensorBoard(log_dir, **arguments)
    history = model.fit(X, Y, 4, epochs, verbose=0, validation_split=0.2, callbacks=[callback])
    return model, history.history


def test_checksums_are_those_of_castagnoli() -> None:
    """The check value of the CRC catalogue, and two of RFC 3720."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert masked_crc(b"123456789") == (((0xE3069283 >> 15) | (0xE3069283 << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_record_is_length_and_data_each_with_its_checksum() -> None:
    data = b"abc"
    length = struct.pack("<Q", 3)
    sums = [struct.pack("<I", masked_crc(part)) for part in (length, data)]
    assert record(data) == length + sums[0] + data + sums[1]


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, b"\0"), (127, b"\x7f"), (300, b"\xac\x02"), (-1, b"\xff" * 9 + b"\x01")]
)
def test_varints_have_seven_bits_a_byte(value: int, encoded: bytes) -> None:
    assert varint(value) == encoded
    assert read_varint(encoded, 0) == (value % 2**64, len(encoded))


def test_a_message_is_read_as_it_was_written() -> None:
    message = integer(1, 150) + double(2, -0.5) + chunk(16, "text", integer(3, 7)) + chunk(16)
    assert fields(message) == {1: [150], 2: [-0.5], 16: [b"text" + integer(3, 7), b""]}


def test_the_logs_of_each_epoch_are_scalars_of_training_and_validation(tmp_path: Path) -> None:
    model, history = trained(tmp_path)
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")

    def of_epochs(name: str) -> list[tuple[int, float]]:
        return [(epoch, float(np.float32(value))) for epoch, value in enumerate(history[name])]

    assert train == {
        "epoch_loss": of_epochs("loss"),
        "epoch_mae": of_epochs("mae"),
        "epoch_learning_rate": [(0, 0.125), (1, 0.125)],
    }
    after = [4, 8]
    assert validation == {
        "epoch_loss": of_epochs("val_loss"),
        "epoch_mae": of_epochs("val_mae"),
        "evaluation_loss_vs_iterations": list(zip(after, [v for _, v in of_epochs("val_loss")], strict=True)),
        "evaluation_mae_vs_iterations": list(zip(after, [v for _, v in of_epochs("val_mae")], strict=True)),
    }


@pytest.mark.parametrize(("freq", "steps"), [("batch", list(range(1, 9))), (3, [3, 6]), ("epoch", None)])
def test_the_logs_of_batches_are_written_as_often_as_wished(freq: Any, steps: list[int] | None, tmp_path: Path) -> None:
    trained(tmp_path, update_freq=freq)
    written = scalars(tmp_path / "train")
    assert [name for name in written if name.startswith("batch_")] == (["batch_loss", "batch_mae"] if steps else [])
    if steps:
        assert [step for step, _ in written["batch_loss"]] == steps


def test_the_speed_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    trained(tmp_path, update_freq=4, write_steps_per_second=True)
    written = scalars(tmp_path / "train")
    assert [step for step, _ in written["batch_steps_per_second"]] == [4, 8]
    assert all(value > 0 for _, value in written["batch_steps_per_second"] + written["epoch_steps_per_second"])


def test_weights_are_written_as_histograms_as_often_as_wished(tmp_path: Path) -> None:
    model, _ = trained(tmp_path, epochs=3, histogram_freq=2)
    found = [value for value in values(tmp_path / "train") if value.plugin == "histograms"]
    paths = ["hidden/kernel", "hidden/bias", "out/kernel", "out/bias"]
    assert [(value.step, value.tag) for value in found] == [(e, f"{path}/histogram") for e in (0, 2) for path in paths]
    latest = found[4].content
    kernel = model.get_weights()[0]
    assert latest.shape == (30, 3)
    assert (latest[0, 0], latest[-1, 1], latest[:, 2].sum()) == (kernel.min(), kernel.max(), kernel.size)


def test_a_histogram_counts_the_values_in_thirty_ranges() -> None:
    table = buckets(np.array([0.0, 1.0, 1.5, 30.0, np.nan, np.inf]))
    assert table[:, 0].tolist() == list(range(30))
    assert table[:, 1].tolist() == list(range(1, 31))
    assert {place: count for place, count in enumerate(table[:, 2]) if count} == {0: 1, 1: 2, 29: 1}


def test_a_histogram_of_one_value_or_none_is_one_too() -> None:
    table = buckets(np.full((2, 3), 0.5, "float32"))
    assert (table[:, :2] == 0.5).all()
    assert table[:, 2].tolist() == [0.0] * 29 + [6.0]
    assert not buckets(np.empty(0)).any()


def test_the_graph_is_a_text(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "with")
    trained(tmp_path / "without", write_graph=False)
    (text,) = (value for value in values(tmp_path / "with" / "train") if value.plugin == "text")
    assert (text.step, text.tag, text.content) == (0, "graph", [f"```\n{model.graph}\n```".encode()])
    assert not [value for value in values(tmp_path / "without" / "train") if value.plugin == "text"]


def test_weights_are_written_as_images_where_that_is_asked_for(tmp_path: Path) -> None:
    trained(tmp_path, epochs=1, histogram_freq=1, write_images=True)
    found = {value.tag: value.content for value in values(tmp_path / "train") if value.plugin == "images"}
    assert {tag: (content[0], content[1]) for tag, content in found.items()} == {
        "hidden/kernel/image": (b"4", b"3"),
        "hidden/bias/image": (b"1", b"4"),
        "out/kernel/image": (b"1", b"4"),
    }
    assert all(content[2].startswith(b"\x89PNG") for content in found.values())


@pytest.mark.parametrize(
    ("shape", "images"),
    [
        ((5,), (1, 5, 1, 1)),
        ((2, 5), (1, 2, 5, 1)),
        ((5, 2), (1, 2, 5, 1)),
        ((3, 4, 6), (6, 3, 4, 1)),
        ((2, 4, 5, 3), (2, 4, 5, 3)),
        ((2, 4, 5, 2), None),
        ((), None),
    ],
)
def test_a_weight_has_the_images_that_its_rank_allows(shape: tuple[int, ...], images: tuple[int, ...] | None) -> None:
    shown = weight_images(np.zeros(shape))
    assert (None if shown is None else shown.shape) == images


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_file_holds_the_pixels(channels: int) -> None:
    image = np.linspace(-0.5, 1.5, 2 * 3 * channels).reshape(2, 3, channels)
    data = encode_png(image)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    parts, place = {}, 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        named = data[place + 4 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length :][:4])[0] == zlib.crc32(named)
        parts[named[:4]] = named[4:]
        place += 12 + length
    assert struct.unpack(">IIBBBBB", parts[b"IHDR"])[:4] == (3, 2, 8, {1: 0, 3: 2, 4: 6}[channels])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(2, 1 + 3 * channels)
    assert not rows[:, 0].any()
    np.testing.assert_array_equal(rows[:, 1:].reshape(image.shape), np.floor(np.clip(image, 0, 1) * 255 + 0.5))


def test_an_evaluation_outside_of_fit_is_written_too(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "fit")
    model.evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path / "evaluate")])
    assert [step for step, _ in scalars(tmp_path / "evaluate" / "validation")["evaluation_loss_vs_iterations"]] == [8]


def test_embeddings_are_tables_for_the_projector(tmp_path: Path) -> None:
    model = Sequential([Input((2,)), layers.Embedding(4, 3, name="words"), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.txt"})
    model.fit(np.zeros((4, 2), "int32"), np.zeros((4, 1)), verbose=0, callbacks=[callback])
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "train/words_embeddings.tsv"' in config
    assert 'metadata_path: "words.txt"' in config
    table = np.loadtxt(tmp_path / "train" / "words_embeddings.tsv", delimiter="\t", dtype="float32")
    np.testing.assert_array_equal(table, model.get_weights()[0])


def test_metadata_of_a_layer_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="embeddings_metadata names 'words'; the Embedding layers are none"):
        trained(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.txt"})


@pytest.mark.parametrize("arguments", [{"update_freq": "step"}, {"update_freq": 0}, {"profile_batch": 2}])
def test_what_is_not_there_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"TensorBoard: {next(iter(arguments))} must be"):
        TensorBoard(**arguments)
