"""The text of a graph: dump and parse.

Grammar, a statement a line::

    line  ::= 'graph' ID
            | 'layer' ID '=' JSON
            | NAME ':' type '=' op '(' names ')' ('{' attrs '}')? ('  # ' remark)?
            | 'output' ID '=' NAME
            | 'update' NAME '<-' NAME
            | '#' comment
    NAME  ::= '%' ID
    names ::= '' | NAME (', ' NAME)*
    attrs ::= KEY ': ' JSON (', ' KEY ': ' JSON)*
    ID    ::= [A-Za-z0-9_./-]+ | JSON string

A remark that begins with ``at`` is where the user's code made the node; others, which say how a program runs it, mean
nothing to the graph.

``f32[N,12]`` is a type: a short dtype and dimensions that are ints or expressions over symbols. Attributes at their
defaults are not written, nor are ``shape`` and ``dtype`` where they are those of the node's type. Section comments
follow from the names of the nodes, so that ``dump(parse(text)) == text`` for every text that ``dump`` made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from kgraph.node import Node
from kgraph.op import OpError, find_op
from kgraph.types import TensorType, parse_type


class GraphSyntaxError(ValueError):
    """Text that is not a graph. ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class GraphParts(Protocol):
    """What a graph consists of."""

    @property
    def name(self) -> str: ...
    @property
    def nodes(self) -> tuple[Node, ...]: ...
    @property
    def outputs(self) -> Mapping[str, str]: ...
    @property
    def updates(self) -> Mapping[str, str]: ...
    @property
    def layers(self) -> Mapping[str, Any]: ...


class ParsedGraph(NamedTuple):
    """The parts that a text names, with the line of each statement: ``%node``, ``output name`` or ``update %node``."""

    name: str
    nodes: tuple[Node, ...]
    outputs: dict[str, str]
    updates: dict[str, str]
    layers: dict[str, Any]
    lines: dict[str, int]


_BARE: Final = re.compile(r"[A-Za-z0-9_./-]+")
_ID: Final = r'(?:[A-Za-z0-9_./-]+|"(?:[^"\\]|\\.)*")'
#: What stands in an op's parentheses: anything but a parenthesis, which only a quoted name may hold.
_NAMES: Final = r'(?:[^"()]|"(?:[^"\\]|\\.)*")*'
_NODE: Final = re.compile(rf"%({_ID}): (\S+) = (\w+)\(({_NAMES})\)(?:\{{(.*)\}})?")
_NODE_INPUT: Final = re.compile(rf"%({_ID})(?:, |$)")
_GRAPH: Final = re.compile(rf"graph ({_ID})")
_LAYER: Final = re.compile(rf"layer ({_ID}) = (.*)")
_OUTPUT: Final = re.compile(rf"output ({_ID}) = %({_ID})")
_UPDATE: Final = re.compile(rf"update %({_ID}) <- %({_ID})")
_ATTR_KEY: Final = re.compile(r"(\w+): ")
#: What stands before a remark.
REMARK: Final = "  # "
_SOURCE: Final = re.compile(r"at (.+)")

#: The sections of leaves, which go by what these are, not by their names.
LEAF_SECTIONS: Final = {
    "input": "placeholders",
    "target": "placeholders",
    "sample_weight": "placeholders",
    "param": "parameters",
    "state": "state",
}
#: The section of outputs and updates.
RESULTS: Final = "results"
#: Scopes whose sections are named by two parts of the node's name.
_PAIRED_SCOPES: Final = ("loss", "penalty", "metrics", "grad", "update")


#: What is written behind a node, empty for nothing.
Remark = Callable[[Node], str]


def source_remark(node: Node) -> str:
    """Where the user's code made ``node``."""
    return f"at {node.source}" if node.source else ""


def dump(graph: GraphParts, remark: Remark | None = None) -> str:
    """The text of ``graph``, a statement a line, in sections; with a remark behind each node where one is asked for."""
    return "\n".join(_statements(graph, remark)) + "\n"


def _statements(graph: GraphParts, remark: Remark | None) -> Iterator[str]:
    yield f"graph {quoted(graph.name)}"
    for layer, config in graph.layers.items():
        yield f"layer {quoted(layer)} = {json.dumps(config)}"
    section = ""
    for node in graph.nodes:
        if section_of(node) != section:
            section = section_of(node)
            yield from ("", f"# {quoted(section)}")
        said = remark(node) if remark is not None else ""
        yield format_node(node) + (f"{REMARK}{_plain(said)}" if said else "")
    if graph.outputs or graph.updates:
        yield from ("", f"# {RESULTS}")
    for name, value in graph.outputs.items():
        yield f"output {quoted(name)} = %{quoted(value)}"
    for variable, value in graph.updates.items():
        yield f"update %{quoted(variable)} <- %{quoted(value)}"


def section_of(node: Node) -> str:
    """The section that ``node`` is printed under."""
    if node.op in LEAF_SECTIONS:
        return LEAF_SECTIONS[node.op]
    parts = node.name.split("/")
    if parts[0] in _PAIRED_SCOPES and len(parts) > 2:
        return "/".join(parts[:2])
    return "/".join(parts[:-1]) or parts[0]


def format_node(node: Node) -> str:
    """The statement of one node."""
    inputs = ", ".join(f"%{quoted(name)}" for name in node.inputs)
    attrs = ", ".join(f"{key}: {json.dumps(value)}" for key, value in _written_attrs(node))
    return f"%{quoted(node.name)}: {node.type} = {node.op}({inputs})" + (f"{{{attrs}}}" if attrs else "")


def _written_attrs(node: Node) -> Iterator[tuple[str, Any]]:
    said = _said_by(node.type)
    for attribute in find_op(node.op).attributes:
        value = node.attrs[attribute.name]
        if attribute.name in said and said[attribute.name] == value:
            continue
        if attribute.required or value != attribute.default:
            yield attribute.name, value


def _said_by(type: TensorType) -> dict[str, Any]:
    """The attributes that a node's type already says."""
    return {"shape": list(type.shape), "dtype": type.dtype}


def _plain(remark: str) -> str:
    """``remark`` on one line, and not to be taken for the end of the attributes."""
    return " ".join(remark.split()).rstrip("}")


def quoted(name: str) -> str:
    """``name`` as an ID of the grammar."""
    return name if _BARE.fullmatch(name) else json.dumps(name)


def parse(text: str) -> ParsedGraph:
    """The parts of the graph that ``text`` names. What they mean is checked by ``kgraph.verify``.

    Raises:
        GraphSyntaxError: a line is not a statement, or a name is given twice; the message starts with the line.
    """
    parser = _Parser()
    for number, line in enumerate(text.splitlines(), start=1):
        parser.statement(number, line.rstrip())
    return ParsedGraph(
        parser.name, tuple(parser.nodes.values()), parser.outputs, parser.updates, parser.layers, parser.lines
    )


class _Parser:
    def __init__(self) -> None:
        self.name = "graph"
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, str] = {}
        self.updates: dict[str, str] = {}
        self.layers: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.source = ""

    def statement(self, number: int, line: str) -> None:
        if not line or line.startswith("#"):
            return
        if line.startswith("%"):
            line = self._without_remark(line)
        try:
            for pattern, handle in _FORMS:
                match = pattern.fullmatch(line)
                if match is not None:
                    handle(self, match, number)
                    return
        except json.JSONDecodeError as error:
            raise GraphSyntaxError(number, f"{error.msg} at {error.doc[error.pos :][:40]!r}") from None
        except (ValueError, RecursionError) as error:
            raise GraphSyntaxError(number, str(error)) from None
        raise GraphSyntaxError(number, f"{line[:80]!r} is not a statement")

    def _without_remark(self, line: str) -> str:
        """The statement of a node; its remark is kept for the node."""
        self.source = ""
        # The mark may also stand in a quoted name or in an attribute.
        if _NODE.fullmatch(line):
            return line
        statement, mark, remark = line.rpartition(REMARK)
        found = _SOURCE.fullmatch(remark)
        self.source = found.group(1) if mark and found else ""
        return statement if mark else line

    def _graph(self, match: re.Match[str], number: int) -> None:
        self.name = _name(match.group(1))

    def _layer(self, match: re.Match[str], number: int) -> None:
        _add(self.layers, _name(match.group(1)), json.loads(match.group(2)), "layer")

    def _output(self, match: re.Match[str], number: int) -> None:
        name = _name(match.group(1))
        _add(self.outputs, name, _name(match.group(2)), "output")
        self.lines[f"output {name}"] = number

    def _update(self, match: re.Match[str], number: int) -> None:
        name = _name(match.group(1))
        _add(self.updates, name, _name(match.group(2)), "update of")
        self.lines[f"update %{name}"] = number

    def _node(self, match: re.Match[str], number: int) -> None:
        name, type_text, op, inputs, attrs = match.groups()
        type = parse_type(type_text)
        declared = find_op(op)
        known = {attribute.name for attribute in declared.attributes}
        said = {key: value for key, value in _said_by(type).items() if key in known}
        written = dict(_parse_attrs(attrs or ""))
        bound = declared.bind_attrs({**said, **written})
        node = Node(_name(name), op, tuple(_parse_inputs(inputs)), bound, type, self.source)
        _add(self.nodes, node.name, node, "node")
        self.lines[f"%{node.name}"] = number


_FORMS: Final = (
    (_NODE, _Parser._node),
    (_GRAPH, _Parser._graph),
    (_LAYER, _Parser._layer),
    (_OUTPUT, _Parser._output),
    (_UPDATE, _Parser._update),
)


def _name(text: str) -> str:
    return json.loads(text) if text.startswith('"') else text


def _add(table: dict[str, Any], name: str, value: Any, what: str) -> None:
    if name in table:
        raise ValueError(f"{what} {name!r} is given twice")
    table[name] = value


def _parse_inputs(text: str) -> Iterable[str]:
    position = 0
    while position < len(text):
        match = _NODE_INPUT.match(text, position)
        if match is None:
            raise OpError(f"{text[position:][:40]!r} is not a list of nodes")
        yield _name(match.group(1))
        position = match.end()


def _parse_attrs(text: str) -> Iterable[tuple[str, Any]]:
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        match = _ATTR_KEY.match(text, position)
        if match is None:
            raise OpError(f"{text[position:][:40]!r} is not an attribute")
        value, position = decoder.raw_decode(text, match.end())
        yield match.group(1), value
        if position < len(text):
            if not text.startswith(", ", position):
                raise OpError(f"a ', ' is missing before {text[position:][:40]!r}")
            position += 2
