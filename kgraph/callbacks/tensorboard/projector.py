"""Embeddings for TensorBoard's projector: a table of numbers for each layer, and a list of the tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgraph.files import replacing


def write_config(log_dir: str, names: Sequence[str], metadata: str | Mapping[str, str] | None) -> None:
    """Writes ``projector_config.pbtxt``.

    Args:
        log_dir: of the file.
        names: of the layers.
        metadata: a file with a label for each row, or one for each layer, by name.

    Raises:
        ValueError: ``metadata`` names a layer that is not there.
    """
    files = metadata if isinstance(metadata, Mapping) else dict.fromkeys(names if metadata else (), str(metadata))
    unknown = [name for name in files if name not in names]
    if unknown:
        known = ", ".join(names) or "none"
        raise ValueError(f"TensorBoard: embeddings_metadata names {unknown[0]!r}; the Embedding layers are {known}")
    lines = []
    for name in names:
        lines += ["embeddings {", f'  tensor_name: "{name}"', f'  tensor_path: "{_table_path(name)}"']
        lines += [f'  metadata_path: "{files[name]}"'] if name in files else []
        lines += ["}"]
    _write(os.path.join(log_dir, "projector_config.pbtxt"), "\n".join([*lines, ""]))


def write_table(log_dir: str, layer: Any) -> None:
    """Writes the rows of an ``Embedding``, their numbers between tabs."""
    rows = ("\t".join(map(str, row)) + "\n" for row in np.asarray(layer.embeddings).tolist())
    _write(os.path.join(log_dir, _table_path(layer.name)), "".join(rows))


def _table_path(name: str) -> str:
    return f"train/{name}_embeddings.tsv"


def _write(path: str, content: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as temporary, open(temporary, "w") as file:
        file.write(content)
