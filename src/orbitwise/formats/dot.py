"""The part of Graphviz' DOT language that plain directed graphs use: nodes, edges, attributes, comments.

A reader of its own, because the one kept reader that pip installs (pydot) takes about 2 ms an edge, minutes for the
graphs of 80,000 edges that POWERplay ships. Subgraphs, ports and HTML labels are refused with their line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from orbitwise.errors import FormatError

__all__ = ["Digraph", "Edge", "line_of", "parse_digraph"]

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|(?m:^\#[^\n]*))
    |"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<word>-?(?:\.\d+|\d+(?:\.\d*)?)|[^\W\d]\w*)
    |(?P<sign>->|[{}\[\];,=])
    |(?P<unreadable>.)""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = ("graph", "node", "edge", "subgraph", "strict", "digraph")
SHOWN = 20  # characters of the text in a message


@dataclass(frozen=True)
class Edge:
    """An edge, its attributes as written, and where its statement starts in the text."""

    origin: str
    target: str
    attributes: Mapping[str, str]
    position: int


@dataclass(frozen=True)
class Digraph:
    """A directed graph; nodes in the order in which the text names them first."""

    name: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]


def parse_digraph(text: str, *, where: str = "text") -> Digraph:
    """The one directed graph in a DOT text.

    **Guarantee:** nothing is skipped but comments, attributes of nodes and of the graph, and defaults of drawing.
    **Cost:** linear.

    Raises
    ------
    FormatError
        It is no such text; ``where`` is ``file:line``.

    Examples
    --------
    >>> parse_digraph('digraph { a -> b [weight="0.5"]; b -> b; }').nodes
    ('a', 'b')
    """
    reader = Reader(text, where)
    reader.accept("strict")
    reader.expect("digraph", "a directed graph, which begins with digraph")
    name = "" if reader.kind == "sign" else reader.take_name()
    reader.expect("{", "{")
    nodes: dict[str, None] = {}
    edges: list[Edge] = []
    while not reader.accept("}"):
        edges.extend(read_statement(reader, nodes))
        reader.accept(";")
    if reader.kind:
        reader.fail("the end of the text after }")
    return Digraph(name, tuple(nodes), tuple(edges))


def line_of(text: str, position: int) -> int:
    """The line on which a position lies, from 1."""
    return text.count("\n", 0, position) + 1


class Reader:
    """The tokens of a text, one at a time; ``kind`` is empty after the last."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.tokens = (found for found in TOKEN.finditer(text) if found.lastgroup != "skip")
        self.advance()

    def advance(self) -> None:
        """Go to the next token."""
        found = next(self.tokens, None)
        if found is None:
            self.kind, self.value, self.start = "", "", len(self.text)
            return
        self.kind = str(found.lastgroup)
        self.value, self.start = found[self.kind], found.start()
        if self.kind == "unreadable":
            self.fail("a name, a quoted name, -> or one of { } [ ] ; , =")

    def accept(self, value: str) -> bool:
        """Pass over a sign or keyword if it comes next."""
        found = self.value == value if self.kind == "sign" else self.kind == "word" and self.value.lower() == value
        if found:
            self.advance()
        return found

    def expect(self, value: str, what: str) -> None:
        """Pass over a sign or keyword that must come next."""
        if not self.accept(value):
            self.fail(what)

    def take_name(self) -> str:
        """Pass over a name; inside quotes only the quote itself is escaped."""
        if self.kind == "quoted":
            name = self.value.replace('\\"', '"')
        elif self.kind == "word" and self.value.lower() not in KEYWORDS:
            name = self.value
        else:
            self.fail("the name of a node")
        self.advance()
        return name

    def fail(self, expected: str) -> NoReturn:
        """Say what should be here."""
        found = self.text[self.start :].strip().split("\n")[0][:SHOWN]
        shown = f"found {found!r}" if found else "found the end of the text"
        place = f"{self.where}:{line_of(self.text, self.start)}"
        raise FormatError(f"expected {expected}, {shown}; mend it", where=place)


def read_statement(reader: Reader, nodes: dict[str, None]) -> Iterator[Edge]:
    """The edges of one statement; its nodes are added to those known."""
    for defaults in ("graph", "node", "edge"):
        if reader.accept(defaults):
            if defaults == "edge" and "weight" in read_attributes(reader):
                reader.fail("a weight on each edge, not a default weight, before this place")
            read_attributes(reader)
            return
    position = reader.start
    path = [reader.take_name()]
    if reader.accept("="):  # an attribute of the graph
        reader.take_name()
        return
    while reader.accept("->"):
        path.append(reader.take_name())
    attributes = read_attributes(reader)
    nodes.update(dict.fromkeys(path))
    for origin, target in pairwise(path):
        yield Edge(origin, target, attributes, position)


def read_attributes(reader: Reader) -> dict[str, str]:
    """The attributes in brackets, if any."""
    found: dict[str, str] = {}
    while reader.accept("["):
        while not reader.accept("]"):
            key = reader.take_name()
            reader.expect("=", f"= after the attribute {key}")
            found[key] = reader.take_name()
            reader.accept(",") or reader.accept(";")
    return found
