"""Bundles: what is in them, where they are saved, and what is refused of those that are broken."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from planted import BATCH, PLANTED, make_data

import kgraph as keras
from kgraph import Graph
from kgraph.debug.bundles import BundleError, save_bundle
from kgraph.runtime.evaluation import NonFiniteError

CASE = PLANTED["the logarithm of zero"]


@pytest.fixture(scope="module")
def error(tmp_path_factory: pytest.TempPathFactory) -> NonFiniteError:
    with keras.debug.check_values(), pytest.raises(NonFiniteError) as caught, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KGRAPH_BUNDLES", str(tmp_path_factory.mktemp("bundles")))
        data = make_data()
        CASE.make().fit(data.x, data.y, batch_size=BATCH, sample_weight=data.weights, shuffle=False, verbose=0)
    return caught.value


@pytest.fixture
def bundle(error: NonFiniteError, tmp_path: Path) -> Path:
    assert error.bundle is not None
    return Path(shutil.copytree(error.bundle, tmp_path / "bundle"))


def test_a_bundle_holds_the_graph_with_its_lines_and_all_that_it_was_given(bundle: Path, error: NonFiniteError) -> None:
    names = {path.name for path in bundle.iterdir()}
    assert names == {"graph.kg", "feeds.npz", "parameters.npz", "report.txt", "bundle.json"}
    graph, data = Graph.load(bundle / "graph.kg"), make_data()
    assert graph == error.function
    assert graph["loss/score/log"].source.rpartition(":")[0].endswith("planted.py")
    with np.load(bundle / "feeds.npz", allow_pickle=False) as feeds:
        np.testing.assert_array_equal(feeds["features"], data.x["features"][:BATCH])
        np.testing.assert_array_equal(feeds["score_sample_weights"], data.weights["score"][:BATCH])
    with np.load(bundle / "parameters.npz", allow_pickle=False) as parameters:
        assert set(parameters.files) == {node.name for node in graph.leaves("param", "state")}
    assert json.loads((bundle / "bundle.json").read_text()) == {"version": keras.__version__, "epoch": 0, "batch": 0}
    assert str(keras.debug.replay(bundle)) + "\n" == (bundle / "report.txt").read_text()


def test_bundles_do_not_take_each_others_names(error: NonFiniteError, tmp_path: Path) -> None:
    names = [save_bundle(error, tmp_path / "deep" / "down").name for _ in range(3)]
    assert names == ["train-loss-score-log", "train-loss-score-log-2", "train-loss-score-log-3"]
    assert sorted(path.name for path in (tmp_path / "deep" / "down").iterdir()) == names


def test_bundles_are_saved_where_one_works_unless_it_is_said_otherwise(
    error: NonFiniteError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KGRAPH_BUNDLES")
    monkeypatch.chdir(tmp_path)
    assert save_bundle(error) == Path("kgraph-bundles/train-loss-score-log")
    monkeypatch.setenv("KGRAPH_BUNDLES", "elsewhere")
    assert save_bundle(error) == Path("elsewhere/train-loss-score-log")


def test_a_bundle_that_cannot_be_written_leaves_nothing(
    error: NonFiniteError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kgraph.debug.bundles.write_arrays", full)
    with pytest.raises(OSError, match="No space left"):
        save_bundle(error, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_step_without_such_values_is_said_to_have_none(bundle: Path) -> None:
    text = (bundle / "graph.kg").read_text()
    (bundle / "graph.kg").write_text(text.replace("= log(", "= square(").replace("= div(", "= mul("))
    assert keras.debug.replay(bundle) is None


def rewrite(path: Path, change: dict[str, np.ndarray | None]) -> None:
    with np.load(path) as given:
        arrays = {name: given[name] for name in given.files} | change
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def spoil_graph(old: str, new: str) -> object:
    def spoil(bundle: Path) -> None:
        text = (bundle / "graph.kg").read_text()
        assert old in text
        (bundle / "graph.kg").write_text(text.replace(old, new, 1))

    return spoil


def bomb(bundle: Path) -> None:
    with zipfile.ZipFile(bundle / "feeds.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("features.npy", "w", force_zip64=True) as member:
            for _ in range(1 << 10):
                member.write(bytes(1 << 20))


def pickled(bundle: Path) -> None:
    rewrite(bundle / "feeds.npz", {"features": np.array([{}], object)})


def two_members(bundle: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(bundle / "feeds.npz", "a") as archive:
        archive.writestr("features.npy", archive.read("features.npy"))


def long_header(bundle: Path) -> None:
    with zipfile.ZipFile(bundle / "feeds.npz", "w") as archive:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"
        archive.writestr("features.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


BROKEN = {
    "a line that is none": (spoil_graph("= log(", "= lag("), r"graph.kg: line \d+: no op is named 'lag'"),
    "an operand that is not there": (
        spoil_graph("= log(%loss", "= log(%lass"),
        r"graph.kg: line \d+: .*does not stand",
    ),
    "text that is none": (
        lambda b: (b / "graph.kg").write_bytes(b"graph a\n\xff\xfe"),
        "line 2: the text is not UTF-8",
    ),
    "no graph": (lambda b: (b / "graph.kg").unlink(), "is no bundle: it has no file graph.kg"),
    "no feeds": (lambda b: (b / "feeds.npz").unlink(), "is no bundle: it has no file feeds.npz"),
    "a directory for a file": (
        lambda b: ((b / "feeds.npz").unlink(), (b / "feeds.npz").mkdir()),
        "feeds.npz is no archive|has no file feeds.npz",
    ),
    "no archive": (lambda b: (b / "feeds.npz").write_bytes(b"PK\x03\x04"), "feeds.npz is no archive of arrays"),
    "a pickle": (pickled, "'features' is object, not float32"),
    "a compressed gigabyte": (bomb, r"feeds.npz: it holds [\d,]+ bytes, but no more than 67,108,864 are read"),
    "an array twice": (two_members, "it holds 'features' twice"),
    "an array of no size": (long_header, r"'features' is said to be of shape \(9+,\), which is"),
    "an array too many": (
        lambda b: rewrite(b / "feeds.npz", {"more": np.zeros(2)}),
        "it holds 'more', which was not asked for",
    ),
    "an array of another dtype": (
        lambda b: rewrite(b / "feeds.npz", {"features": np.zeros((BATCH, 4))}),
        "'features' is float64, not float32",
    ),
    "an array of another shape": (
        lambda b: rewrite(b / "feeds.npz", {"features": np.zeros((BATCH, 5), "float32")}),
        "dimension 1 of features .* must be 4, not 5",
    ),
    "a feed too few": (lambda b: rewrite(b / "feeds.npz", {"features": None}), "needs a feed for features"),
    "a weight too few": (
        lambda b: rewrite(b / "parameters.npz", {"score/bias": None}),
        "needs a storage for the variable score/bias",
    ),
    "a weight of another shape": (
        lambda b: rewrite(b / "parameters.npz", {"score/bias": np.zeros(3, "float32")}),
        "dimension 0 of score/bias .* must be 1, not 3",
    ),
    "places that are none": (
        lambda b: (b / "bundle.json").write_text('{"epoch": -1}'),
        "epoch must be a number from 0 on, not -1",
    ),
    "a remark that is none": (lambda b: (b / "bundle.json").write_text("[" * 50_000), "bundle.json: "),
    "a remark without end": (lambda b: (b / "bundle.json").write_text(" " * 70_000), "has more than 65,536 bytes"),
}


@pytest.mark.parametrize(("spoil", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_bundle_is_refused_with_what_is_wrong_with_it(bundle: Path, spoil: object, message: str) -> None:
    spoil(bundle)
    with pytest.raises(BundleError, match=message):
        keras.debug.replay(bundle, most_bytes=64 << 20)


def test_what_is_no_directory_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere is no bundle: it has no file graph.kg"):
        keras.debug.replay(tmp_path / "nowhere")


LARGE = """\
graph large
%x: f32[] = input()
%wide: f32[{n},{n}] = broadcast(%x){{shape: [{n}, {n}]}}
%y: f32[{n},{n}] = matmul(%wide, %wide)
output y = %y
"""


@pytest.mark.parametrize(
    ("n", "most_bytes", "message"),
    [
        (99999999999, 4 << 30, "the values of large take 79,999,999,998,400,000,000,012 bytes; no more"),
        (2000, 1 << 20, "take 32,000,004 bytes; no more than 1,048,576 are allowed"),
        (17000, 2_400_000_000, "large takes 9,826,000,000,000 operations; no more than 9,600,000,000,000 are allowed"),
    ],
)
def test_a_graph_that_takes_too_much_is_refused_before_it_is_run(
    bundle: Path, n: int, most_bytes: int, message: str
) -> None:
    (bundle / "graph.kg").write_text(LARGE.format(n=n))
    np.savez(bundle / "feeds.npz", x=np.float32(1))
    np.savez(bundle / "parameters.npz")
    with pytest.raises(BundleError, match=message):
        keras.debug.replay(bundle, most_bytes=most_bytes)
