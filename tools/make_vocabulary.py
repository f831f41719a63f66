"""Write ``docs/vocabulary.md``: which of Keras 3's public names are there, and which are not.

    python tools/make_vocabulary.py            the page, from the package and the list of names beside it
    python tools/make_vocabulary.py --names    first the list of names, from the Keras that is installed

The list is plain text, a ``module.name`` a line; its file name says of which Keras it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from textwrap import fill
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "vocabulary.md"
VERSION = "3.15"
NAMES = ROOT / "docs" / f"keras-{VERSION}-names.txt"

MODULES = (
    "layers", "losses", "metrics", "optimizers", "optimizers.schedules", "callbacks", "initializers", "regularizers",
    "constraints", "activations", "ops", "random", "utils", "config", "models", "saving", "dtype_policies", "tree",
    "preprocessing.sequence", "wrappers", "backend",
)  # fmt: skip

#: By module, what stands in the way of names: each missing name belongs to the first reason with a pattern for it.
REASONS: Mapping[str, Mapping[str, str]] = {
    "layers": {
        "come with convolutions and pooling": "ConvLSTM* *Conv?D* *Convolution* *Pool*",
        "come with recurrence": "*RNN* *GRU* *LSTM* Bidirectional",
        "come with attention": "*Attention*",
        "read text and columns of a table": "*Lookup Hash* TextVectorization CategoryEncoding Discretization",
        "change images and sound": (
            "Random* RandAugment Resizing CenterCrop AugMix AutoContrast Contrast* CutMix MixUp Equalization "
            "Solarization MaxNumBoundingBoxes Pipeline *Spectrogram"
        ),
        "hold models of other libraries": "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper",
    },
    "optimizers": {"give parts of a model optimizers of their own": "MultiOptimizer OptimizerMap"},
    "callbacks": {"needs another library": "OrbaxCheckpoint"},
    "ops": {
        "come with convolutions and pooling": "*conv* *pool fold unfold depth_to_space space_to_depth",
        "come with signals": "*fft* *stft extract_sequences",
        "need complex numbers": "*complex polar view_as_real",
        "have a shape that the values decide": "nonzero unique",
        "change what a gradient is": "custom_gradient jvp",
    },
    "utils": {
        "read files and the network": "*_from_directory get_file *_img img_to_array",
        "draw pictures of models": "model_to_dot plot_model",
        "describe the columns of a table": "FeatureSpace",
    },
    "config": {
        "concern other backends": "*flash_attention* is_nnx_enabled set_backend",
    },
    "models": {"come with files of whole models": "*_model"},
    "saving": {"come with files of whole models": "*"},
    "dtype_policies": {"concern quantised weights": "*Quantized* AWQ* GPTQ* Int4* DTypePolicyMap"},
}
OTHERWISE = "not written yet"


class Section(NamedTuple):
    """A module: the names of Keras that are there, the missing ones by reason, and those that Keras lacks."""

    module: str
    there: list[str]
    missing: dict[str, list[str]]
    beside: list[str]

    @property
    def missing_count(self) -> int:
        return sum(map(len, self.missing.values()))


def public_names(package: Any, module: str) -> list[str]:
    """The names that ``package.module`` shows, without modules."""
    found = attrgetter(module)(package)
    names = getattr(found, "__all__", None) or (name for name in dir(found) if not name.startswith("_"))
    return sorted(name for name in names if not isinstance(getattr(found, name), ModuleType))


def keras_names() -> dict[str, list[str]]:
    """Those of the list, by module."""
    names: dict[str, list[str]] = {module: [] for module in MODULES}
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        module, _, name = line.rpartition(".")
        names[module].append(name)
    return names


def list_names(keras: Any) -> str:
    """The list as it is for ``keras``."""
    return "".join(f"{module}.{name}\n" for module in MODULES for name in public_names(keras, module))


def compare(package: Any) -> Iterator[Section]:
    """Each module of Keras's list, beside that of ``package``."""
    for module, wanted in keras_names().items():
        ours = attrgetter(module)(package)
        shown = set(public_names(package, module))
        has_list = hasattr(ours, "__all__")
        missing: dict[str, list[str]] = {reason: [] for reason in (*REASONS.get(module, {}), OTHERWISE)}
        for name in wanted:
            if name not in shown:
                missing[_reason(module, name)].append(name)
        there = [name for name in wanted if name in shown]
        beside = sorted(shown - set(wanted)) if has_list else []
        yield Section(module, there, {why: names for why, names in missing.items() if names}, beside)


def _reason(module: str, name: str) -> str:
    for reason, patterns in REASONS.get(module, {}).items():
        if any(fnmatchcase(name, pattern) for pattern in patterns.split()):
            return reason
    return OTHERWISE


def make_page(package: Any) -> str:
    """The text of the page."""
    sections = list(compare(package))
    there, missing = (sum(counts) for counts in zip(*((len(s.there), s.missing_count) for s in sections), strict=True))
    lines = [
        "# The vocabulary beside Keras's",
        "",
        fill(
            f"Keras {VERSION} has {there + missing} public names in the modules below; {there} of them are here, "
            f"{missing} are not. `tools/make_vocabulary.py` writes this page from the code.",
            120,
            break_on_hyphens=False,
        ),
        "",
        "| module | Keras | here | missing |",
        "|---|---:|---:|---:|",
        *(_row(section) for section in sections),
    ]
    for section in sections:
        lines += _described(section)
    return "\n".join(lines) + "\n"


def _row(section: Section) -> str:
    anchor = section.module.replace(".", "")
    here, missing = len(section.there), section.missing_count
    return f"| [{section.module}](#{anchor}) | {here + missing} | {here} | {missing or ''} |"


def _described(section: Section) -> Iterator[str]:
    yield from ("", f"## {section.module}", "", _paragraph("Here:", section.there))
    if section.missing:
        yield from ("", "Missing:", "")
        for reason, names in section.missing.items():
            yield _paragraph(f"- {len(names)} {reason}:", names, indent="  ")
    if section.beside:
        yield from ("", _paragraph("Not in Keras's list:", section.beside))


def _paragraph(title: str, names: Iterable[str], indent: str = "") -> str:
    text = f"{title} {', '.join(f'`{name}`' for name in names)}"
    return fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    if "--names" in sys.argv[1:]:
        NAMES.write_text(list_names(import_module("keras")), encoding="utf-8")
    PAGE.write_text(make_page(import_module("kgraph")), encoding="utf-8")
