"""Results as tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.figures import Spread, number, spread
from harness.peers import KGRAPH, PEERS
from harness.workloads import WORKLOADS

BEGIN = "<!-- tables: written by suite.py --publish -->"
END = "<!-- end of tables -->"

Results = Mapping[str, Any]
Samples = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Compared:
    """A figure that is compared with the best peer, less being better."""

    key: str
    title: str


COMPARED = (
    Compared("step_us", "train step, µs"),
    Compared("fit_us", "`fit`, µs a step"),
    Compared("predict_1_us", "predict 1 row, µs"),
    Compared("predict_256_us", "predict 256 rows, µs"),
    Compared("first_step_ms", "build and first step, ms"),
    Compared("memory_mb", "peak memory, MB"),
)


def report(results: Results) -> str:
    """All tables: where kgraph stands, the packages, and each workload."""
    sections = [
        _conditions(results),
        *([_against_the_best(results)] if _has_rivals(results) else []),
        _packages(results),
        *(_workload(name, outcome) for name, outcome in results["workloads"].items()),
    ]
    return "\n\n".join(sections) + "\n"


def publish(text: str, readme: Path) -> None:
    """Puts ``text`` between the marks of ``readme``.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} must have the lines {BEGIN!r} and {END!r}")
    readme.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def ratios(samples: Samples, figure: str) -> dict[str, float]:
    """By peer: its median over kgraph's. Peers without the figure are left out, and all are without kgraph's."""
    if figure not in samples.get(KGRAPH, {}):
        return {}
    own = spread(samples[KGRAPH][figure]).median
    others = {peer: figures for peer, figures in samples.items() if peer != KGRAPH and figure in figures}
    return {peer: spread(figures[figure]).median / own for peer, figures in others.items()}


def sgemm_peak(sgemm: Mapping[str, Sequence[float]]) -> tuple[str, float]:
    """The library with the best median, and its GFLOP/s."""
    medians = {library: spread(samples).median for library, samples in sgemm.items()}
    best = max(medians, key=lambda library: medians[library])
    return best, medians[best]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _has_rivals(results: Results) -> bool:
    return any(ratios(outcome["peers"], "step_us") for outcome in results["workloads"].values())


def _conditions(results: Results) -> str:
    machine, plan = results["machine"], results["plan"]
    libraries = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    removed = ", ".join(f"`{name}`" for name in results["removed_variables"]) or "none that was set"
    samples = plan["starts"] * plan["rounds"]
    return (
        f"{results['date']}: {machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}; load {machine['load_at_start']} at the start. {libraries}. "
        f"Medians of {samples} bursts of {plan['seconds']:g} s in {plan['starts']} fresh processes, quartiles beside "
        f"them. All threads by default. Variables that workers run without: {removed}."
    )


def _against_the_best(results: Results) -> str:
    rows = []
    for name, outcome in results["workloads"].items():
        for figure in COMPARED:
            found = ratios(outcome["peers"], figure.key)
            if not found:
                continue
            keras = {peer: ratio for peer, ratio in found.items() if PEERS[peer].is_keras}
            own = spread(outcome["peers"][KGRAPH][figure.key]).median
            rows.append([f"{name}: {figure.title}", number(own), _best(found), _best(keras)])
    header = ["", "kgraph", "best peer takes", "best Keras takes"]
    return "## kgraph against the best\n\n" + table(header, rows) + "\n\n![The same, drawn](results/ratios.svg)"


def _best(found: Mapping[str, float]) -> str:
    if not found:
        return "–"
    peer = min(found, key=lambda name: found[name])
    return f"{number(found[peer])} × ({PEERS[peer].title})"


def _packages(results: Results) -> str:
    rows = []
    for library in {**results["import_ms"], **results["installed_mb"]}:
        took, size = results["import_ms"].get(library), results["installed_mb"].get(library)
        cells = [str(spread(took)) if took else "–", number(size) if size is not None else "–"]
        rows.append([library, *cells])
    header = ["", "import over numpy's own, ms", "installed beside numpy, MB"]
    return "## The packages\n\n" + table(header, rows)


def _workload(name: str, outcome: Mapping[str, Any]) -> str:
    workload, samples = WORKLOADS[name], outcome["peers"]
    library, peak = sgemm_peak(outcome["sgemm"])
    columns = _columns(name, peak)
    rows = [[PEERS[peer].title, *(column(figures) for column in columns.values())] for peer, figures in samples.items()]
    products = ", ".join(f"{other} {number(spread(found).median)}" for other, found in outcome["sgemm"].items())
    notes = [
        f"{number(workload.flops() / 1e6)} MFLOP a step; sgemm, GFLOP/s: {products}; the peak is that of {library}.",
        *(f"Without {PEERS[peer].title}: {reason}." for peer, reason in outcome["missing"].items()),
    ]
    return f"## {name}: {workload.title}\n\n{table(['', *columns], rows)}\n\n" + "\n".join(notes)


def _columns(name: str, peak: float) -> dict[str, Callable[[Mapping[str, Sequence[float]]], str]]:
    workload = WORKLOADS[name]

    def shown(key: str) -> Callable[[Mapping[str, Sequence[float]]], str]:
        return lambda figures: str(spread(figures[key]))

    def share(figures: Mapping[str, Sequence[float]]) -> str:
        step: Spread = spread(figures["step_us"])
        return f"{100 * workload.flops() / (step.median * 1e-6) / (peak * 1e9):.1f} %"

    def samples_a_second(figures: Mapping[str, Sequence[float]]) -> str:
        return number(1e6 * workload.batch / spread(figures["fit_us"]).median)

    return {
        COMPARED[0].title: shown("step_us"),
        "of the sgemm peak": share,
        COMPARED[1].title: shown("fit_us"),
        "`fit`, samples/s": samples_a_second,
        **{figure.title: shown(figure.key) for figure in COMPARED[2:]},
    }
