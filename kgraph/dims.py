"""Symbolic dimensions: an int, or the text of a polynomial over symbols such as ``N``.

A dimension is an ``int`` where it is known and a ``str`` in canonical form where it is not: ``"N"``, ``"4*N"``,
``"N*T"``, ``"T-1"``, ``"(T-1)//2+1"``. Two dimensions are equal exactly when their canonical forms are, so a
shape is a plain tuple that compares and prints without help.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Dim = int | str
Shape = tuple[Dim, ...]

_TOKEN = re.compile(r"\s*(//|[-+*()]|\d+|[A-Za-z_][A-Za-z0-9_]*)")
_Polynomial = dict[tuple[str, ...], int]

#: Terms of a dimension, and factors of a term: far more than shapes have, few enough to work with.
_MOST_TERMS, _MOST_FACTORS = 1024, 64
#: The longest text of a dimension that is read, in characters.
_LONGEST = 1024


def add(a: Dim, b: Dim) -> Dim:
    """``a + b``."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return _canonical(_sum(_polynomial(a), _polynomial(b)))


def subtract(a: Dim, b: Dim) -> Dim:
    """``a - b``."""
    return add(a, multiply(-1, b))


def multiply(a: Dim, b: Dim) -> Dim:
    """``a * b``."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return _canonical(_product(_polynomial(a), _polynomial(b)))


def floor_divide(a: Dim, b: int) -> Dim:
    """``a // b`` for a positive int ``b``; exact where every coefficient is a multiple of ``b``."""
    if isinstance(a, int):
        return a // b
    terms = _polynomial(a)
    if all(factor % b == 0 for factor in terms.values()):
        return _canonical({atoms: factor // b for atoms, factor in terms.items()})
    return _canonical({(f"({a})//{b}",): 1})


def divide_exactly(a: Dim, b: Dim) -> Dim | None:
    """``a / b`` where ``b`` is a single term that divides every term of ``a``, else ``None``."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if b and a % b == 0 else None
    divisor = _polynomial(b)
    if len(divisor) != 1:
        return 1 if a == b else None
    ((divisor_atoms, divisor_factor),) = divisor.items()
    quotient: _Polynomial = {}
    for atoms, factor in _polynomial(a).items():
        rest = list(atoms)
        for atom in divisor_atoms:
            if atom not in rest:
                return None
            rest.remove(atom)
        if factor % divisor_factor:
            return None
        quotient[tuple(rest)] = factor // divisor_factor
    return _canonical(quotient)


def product(shape: Shape) -> Dim:
    """The number of elements of ``shape``."""
    total: Dim = 1
    for dim in shape:
        total = multiply(total, dim)
    return total


def substitute(dim: Dim, bindings: Mapping[str, Dim]) -> Dim:
    """``dim`` with every symbol in ``bindings`` replaced; symbols without a binding stay."""
    if isinstance(dim, int):
        return dim
    return _Parser(dim, bindings).parse()


def symbols(dim: Dim) -> set[str]:
    """The symbols that ``dim`` mentions."""
    if isinstance(dim, int):
        return set()
    return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", dim))


def parse_dim(text: str) -> Dim:
    """The canonical dimension that ``text`` denotes.

    Raises:
        ValueError: ``text`` is not a dimension, or longer than any that makes sense.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"a dimension has more than {_LONGEST} characters: {text[:40]!r}...")
    return _Parser(text, {}).parse()


class _Parser:
    """Recursive descent over ``sum ::= term (('+'|'-') term)*``, ``term ::= atom (('*'|'//') atom)*``."""

    def __init__(self, text: str, bindings: Mapping[str, Dim]) -> None:
        self.text = text
        self.bindings = bindings
        self.tokens = _tokens(text)
        self.position = 0

    def parse(self) -> Dim:
        value = self._sum()
        if self.position != len(self.tokens):
            raise ValueError(f"{self.text!r} is not a dimension")
        return value

    def _peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self.position += 1
        return token

    def _sum(self) -> Dim:
        sign = -1 if self._peek() == "-" and self._take() else 1
        value = multiply(sign, self._term())
        while self._peek() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            value = add(value, multiply(sign, self._term()))
        return value

    def _term(self) -> Dim:
        value = self._atom()
        while self._peek() in ("*", "//"):
            operator, operand = self._take(), self._atom()
            if operator == "*":
                value = multiply(value, operand)
            elif isinstance(operand, int) and operand > 0:
                value = floor_divide(value, operand)
            else:
                raise ValueError(f"{self.text!r} divides by {operand!r}: only a positive int can divide a dimension")
        return value

    def _atom(self) -> Dim:
        token = self._take()
        if token == "(":
            value = self._sum()
            if self._take() != ")":
                raise ValueError(f"{self.text!r} lacks a ')'")
            return value
        if token.isdigit():
            return int(token)
        if token and (token[0].isalpha() or token[0] == "_"):
            return self.bindings.get(token, token)
        raise ValueError(f"{self.text!r} is not a dimension")


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a dimension")
        tokens.append(match.group(1))
        position = match.end()
    return tuple(tokens)


def _polynomial(dim: Dim) -> _Polynomial:
    if isinstance(dim, int):
        return {(): dim} if dim else {}
    return dict(_parse_polynomial(dim))


@lru_cache(maxsize=4096)
def _parse_polynomial(text: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """The terms of a canonical text, whose atoms are symbols or floor divisions ``(…)//k``."""
    terms: _Polynomial = {}
    for sign, term in _split(text, "+-"):
        factor, atoms = (-1 if sign == "-" else 1), []
        for _, atom in _split(term, "*"):
            if atom.isdigit():
                factor *= int(atom)
            else:
                atoms.append(atom[1:-1] if atom.endswith(")") else atom)
        key = tuple(sorted(atoms))
        terms[key] = terms.get(key, 0) + factor
    return tuple(terms.items())


def _split(text: str, operators: str) -> list[tuple[str, str]]:
    """Pieces of ``text`` between ``operators`` outside parentheses, each with the operator before it."""
    pieces, depth, start, operator = [], 0, 0, ""
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character in operators:
            if position > start:
                pieces.append((operator, text[start:position]))
            operator, start = character, position + 1
    pieces.append((operator, text[start:]))
    return pieces


def _sum(a: _Polynomial, b: _Polynomial) -> _Polynomial:
    total = dict(a)
    for atoms, factor in b.items():
        total[atoms] = total.get(atoms, 0) + factor
    return total


def _product(a: _Polynomial, b: _Polynomial) -> _Polynomial:
    if len(a) * len(b) > _MOST_TERMS:
        raise ValueError(f"a dimension has more than {_MOST_TERMS} terms")
    total: _Polynomial = {}
    for a_atoms, a_factor in a.items():
        for b_atoms, b_factor in b.items():
            atoms = tuple(sorted(a_atoms + b_atoms))
            if len(atoms) > _MOST_FACTORS:
                raise ValueError(f"a term of a dimension has more than {_MOST_FACTORS} factors")
            total[atoms] = total.get(atoms, 0) + a_factor * b_factor
    return total


def _canonical(terms: _Polynomial) -> Dim:
    """Highest degree first, then by name, the constant last."""
    ordered = sorted(((a, f) for a, f in terms.items() if f), key=lambda item: (-len(item[0]), item[0]))
    if not ordered:
        return 0
    if ordered == [((), ordered[0][1])]:
        return ordered[0][1]
    text = ""
    for atoms, factor in ordered:
        sign = "-" if factor < 0 else "+" if text else ""
        size = abs(factor)
        head = [str(size)] if size != 1 or not atoms else []
        text += sign + "*".join(_factors(head, atoms))
    return text


def _factors(head: list[str], atoms: tuple[str, ...]) -> list[str]:
    """The factors of a term. A floor division among others stands in parentheses: ``3*((N)//2)``, not ``(3*N)//2``."""
    if len(head) + len(atoms) == 1:
        return [*head, *atoms]
    return head + [f"({atom})" if "//" in atom else atom for atom in atoms]
