"""Results as a picture: how many times kgraph's time each peer takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.figures import number
from harness.peers import PEERS
from harness.report import ratios

PANELS = {"step_us": "train step", "fit_us": "fit"}


def draw(results: Mapping[str, Any], path: Path) -> bool:
    """Writes an SVG; gives False where matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("svg")
    from matplotlib import pyplot

    # Text stays text, and the same results give the same file.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "kgraph"})
    workloads = results["workloads"]
    height = 0.7 + 0.28 * max(len(outcome["peers"]) for outcome in workloads.values())
    size = (10, height * len(workloads))
    figure, grid = pyplot.subplots(len(workloads), len(PANELS), figsize=size, squeeze=False)
    for row, (name, outcome) in zip(grid, workloads.items(), strict=True):
        for axes, (key, title) in zip(row, PANELS.items(), strict=True):
            _panel(axes, f"{name}: {title}", ratios(outcome["peers"], key))
    figure.suptitle("Time of each peer, in multiples of kgraph's")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True


def _panel(axes: Any, title: str, found: Mapping[str, float]) -> None:
    ordered = sorted(found, key=lambda peer: -found[peer])
    bars = axes.barh([PEERS[peer].title for peer in ordered], [found[peer] for peer in ordered], color="#4878a8")
    axes.bar_label(bars, [f"{number(found[peer])}×" for peer in ordered], padding=3, fontsize=8)
    axes.axvline(1.0, color="#c04040", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(min([0.5, *found.values()]) * 0.8, max([2.0, *found.values()]) * 3)
    axes.set_title(title, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
