"""Tables: as text in a terminal, as HTML in a notebook, as a frame of pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

Cell = str | int | float | None
Row = tuple[Cell, ...]

#: The widest line of a table in a terminal, in characters.
WIDTH: Final = 120
_GAP: Final = "  "
_DOTS: Final = "..."
_CELL_STYLE: Final = "text-align:{};padding:1px 8px;white-space:nowrap"


def plain(cell: Any) -> str:
    """A cell as Python writes it."""
    return str(cell)


def decimals(places: int) -> Callable[[Any], str]:
    """Numbers with so many decimals, and commas between thousands."""
    return f"{{:,.{places}f}}".format


def percent(share: Any) -> str:
    return f"{100 * share:.1f}%"


class Column(NamedTuple):
    """One column.

    Attributes:
        name: in a frame.
        title: above it.
        format: of a cell that is there.
        left: whether cells stand at its left.
    """

    name: str
    title: str
    format: Callable[[Any], str] = plain
    left: bool = False


class Table:
    """Rows under columns, with a title above and notes below.

    The first column of text gives way where lines would be longer than ``WIDTH``; what it loses is in its middle.

    Attributes:
        title: a line, or several.
        columns: in order.
        rows: a cell for each column; ``None`` where there is none.
        notes: lines below.
    """

    def __init__(self, title: str, columns: Sequence[Column], rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
        self.title = title
        self.columns = tuple(columns)
        self.rows = list(rows)
        self.notes = tuple(notes)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Cell]]:
        """The rows, each a dict by the columns' names."""
        names = [column.name for column in self.columns]
        return (dict(zip(names, row, strict=True)) for row in self.rows)

    def column(self, name: str) -> list[Cell]:
        """The cells of one column.

        Raises:
            KeyError: there is none of that name.
        """
        names = [column.name for column in self.columns]
        if name not in names:
            raise KeyError(f"no column {name!r}; there are {', '.join(names)}")
        place = names.index(name)
        return [row[place] for row in self.rows]

    def __str__(self) -> str:
        cells = self._formatted()
        titles = [column.title for column in self.columns]
        widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
        flexible = next((place for place, column in enumerate(self.columns) if column.left), 0)
        others = sum(widths) - widths[flexible] + len(_GAP) * (len(widths) - 1)
        widths[flexible] = min(widths[flexible], max(WIDTH - others, len(titles[flexible])))
        lines = [self._line(titles, widths), self._line(["-" * width for width in widths], widths)]
        lines += [self._line(row, widths) for row in cells]
        heading = [self.title] if self.title else []
        return "\n".join([*heading, *lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        titles = self._html_row([column.title for column in self.columns], "th")
        body = "".join(self._html_row(row, "td") for row in self._formatted())
        heading, notes = (f"<p>{escape(text)}</p>" for text in (self.title, "\n".join(self.notes)))
        return f"{heading}<table><thead>{titles}</thead><tbody>{body}</tbody></table>{notes}".replace("\n", "<br>")

    def to_pandas(self) -> Any:
        """The rows as a ``DataFrame``.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas") from error
        return pandas.DataFrame(self.rows, columns=[column.name for column in self.columns])

    def _formatted(self) -> list[list[str]]:
        return [
            ["" if cell is None else cell if isinstance(cell, str) else column.format(cell) for column, cell in pairs]
            for pairs in (list(zip(self.columns, row, strict=True)) for row in self.rows)
        ]

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        placed = [
            folded(cell, width).ljust(width) if column.left else cell.rjust(width)
            for column, cell, width in zip(self.columns, cells, widths, strict=True)
        ]
        return _GAP.join(placed).rstrip()

    def _html_row(self, cells: Sequence[str], tag: str) -> str:
        styles = [_CELL_STYLE.format("left" if column.left else "right") for column in self.columns]
        inner = (f'<{tag} style="{style}">{escape(cell)}</{tag}>' for style, cell in zip(styles, cells, strict=True))
        return f"<tr>{''.join(inner)}</tr>"


def folded(text: str, width: int) -> str:
    """``text`` in ``width`` characters: where it is longer, its middle makes room for dots, which any terminal has."""
    if len(text) <= width:
        return text
    shown = max(width - len(_DOTS), 0)
    head = shown // 3
    return f"{text[:head]}{_DOTS[:width]}{text[len(text) - (shown - head) :]}"
