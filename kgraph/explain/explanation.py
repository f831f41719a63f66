"""The terms of a loss as a table: in text, as a frame, in a notebook."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from kgraph.explain.terms import OutputTerms, PenaltyTerm
from kgraph.tables import Cell, Column, Row, Table

#: An output with more losses than this shows its first and its last ones, in text and in a notebook.
_MOST_ROWS: Final = 12
_SHOWN_AT_ENDS: Final = (6, 4)
_DIGITS: Final = "{:.6g}".format

_COLUMNS: Final = (
    Column("output", "output", left=True),
    Column("sample", "sample"),
    Column("step", "step"),
    Column("raw_loss", "raw loss", _DIGITS),
    Column("mask", "mask", _DIGITS),
    Column("weight", "weight", _DIGITS),
    Column("divisor", "divisor", _DIGITS),
    Column("contribution", "contribution", _DIGITS),
    Column("loss_weight", "loss weight", _DIGITS),
    Column("term", "term", _DIGITS),
)


class Explanation:
    """Why a loss is the number that it is.

    ``print`` shows it; a notebook shows it as a table; ``to_pandas`` gives every row.

    Attributes:
        outputs: the losses of each output.
        penalties: what layers and regularizers add.
        value: the total, as the graph computes it.
        training: whether layers acted as in training.
    """

    def __init__(
        self,
        outputs: Sequence[OutputTerms],
        penalties: Sequence[PenaltyTerm],
        value: float,
        epsilon: float,
        training: bool,
    ) -> None:
        """
        Args:
            outputs, penalties, value, training: see the attributes.
            epsilon: of the graph's numbers.
        """
        self.outputs = list(outputs)
        self.penalties = list(penalties)
        self.value = value
        self.training = training
        self._epsilon = epsilon

    @property
    def formula(self) -> str:
        """The total in one line: ``l`` are the losses of an output, ``m`` its mask, ``w`` its weights."""
        losses, penalties = ([term.formula for term in terms] for terms in (self.outputs, self.penalties))
        return "loss = " + " + ".join(losses + penalties)

    @property
    def total(self) -> float:
        """The sum of all terms, in float64."""
        return math.fsum(self._terms()) if all(map(math.isfinite, self._terms())) else sum(self._terms())

    @property
    def tolerance(self) -> float:
        """How far rounding alone may take ``value`` from ``total``.

        Where the graph's numbers have a relative precision of ``e``, a sum of ``n`` of them is taken to have one of
        ``e (4 + sqrt(n))``, of the sum of their magnitudes.
        """
        magnitudes = [abs(term) for term in self._terms() if math.isfinite(term)]
        return self._epsilon * (4 + math.sqrt(len(magnitudes))) * math.fsum(magnitudes)

    @property
    def adds_up(self) -> bool:
        """Whether ``value`` is ``total``, to rounding."""
        if not math.isfinite(self.value):
            return self.value == self.total or (math.isnan(self.value) and math.isnan(self.total))
        return abs(self.value - self.total) <= self.tolerance

    def _terms(self) -> Iterator[float]:
        for output in self.outputs:
            yield from output.terms.ravel().tolist()
        yield from (penalty.value for penalty in self.penalties)

    def table(self, fold: bool = True) -> Table:
        """A row for each loss of each output, then one for each penalty; the terms add up to the total.

        Args:
            fold: whether the losses in the middle of many are one row.
        """
        rows = [row for output in self.outputs for row in _output_rows(output, fold)]
        rows += [_labelled(penalty.formula, penalty.value) for penalty in self.penalties]
        return Table("", _COLUMNS, rows)

    def to_pandas(self) -> Any:
        """Every row as a ``DataFrame``, whose column ``term`` adds up to the total.

        Raises:
            ImportError: pandas is not installed.
        """
        return self.table(fold=False).to_pandas()

    def __str__(self) -> str:
        table = self.table()
        table.rows.append(_total_row(self.total))
        legend = "\n".join(self._legend())
        return f"{self.formula}\n\n{legend}\n\n{table}\n\n{self._verdict()}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = self.table()
        table.rows.append(_total_row(self.total))
        legend = "".join(f"<li>{escape(line)}</li>" for line in self._legend())
        verdict = escape(self._verdict())
        return f"<p><code>{escape(self.formula)}</code></p><ul>{legend}</ul>{table._repr_html_()}<p>{verdict}</p>"

    def _legend(self) -> Iterator[str]:
        """What the symbols of the formula stand for."""
        for output in self.outputs:
            factors = (f"{value:.6g} {name}" for name, value in output.divisors.items() if value != 1.0)
            divisor = " * ".join(factors) or "1"
            given = [] if output.mask is not None else ["no mask"]
            given += [] if output.weights is not None else ["no weights given"]
            notes = f" ({', '.join(given)})" if given else ""
            yield f"{output.output}: l = {output.loss}, {output.rule_name}; divided by {divisor}{notes}"

    def _verdict(self) -> str:
        phase = "in training" if self.training else "in evaluation"
        sum_of_terms = "it" if self.adds_up else f"{self.total!r}, which rounding does not explain"
        return (
            f"the graph's loss {phase} is {self.value!r}; the terms add up to {sum_of_terms} "
            f"(to {self.tolerance:.1g}, for rounding)"
        )


def _output_rows(output: OutputTerms, fold: bool) -> Iterator[Row]:
    parts = (output.raw, output.mask, output.weights, output.contributions)
    raw, mask, weights, contributions = (None if part is None else part.ravel() for part in parts)
    assert raw is not None and contributions is not None

    def row(index: int) -> Row:
        factors = (None if part is None else float(part[index]) for part in (mask, weights))
        added = float(contributions[index])
        numbers = (float(raw[index]), *factors, output.divisor, added, output.loss_weight, added * output.loss_weight)
        return (output.output, *output.place(index), *numbers)

    first, last = _SHOWN_AT_ENDS if fold and raw.size > _MOST_ROWS else (raw.size, 0)
    yield from map(row, range(first))
    if last:
        added = float(contributions[first:-last].sum())
        nothing: Row = (None,) * 5
        label = f"+{raw.size - first - last} more"
        yield (output.output, label, *nothing, added, output.loss_weight, added * output.loss_weight)
    yield from map(row, range(raw.size - last, raw.size))


def _total_row(total: float) -> Row:
    return _labelled("total", total)


def _labelled(label: str, term: float) -> Row:
    nothing: tuple[Cell, ...] = (None,) * (len(_COLUMNS) - 2)
    return (label, *nothing, term)
