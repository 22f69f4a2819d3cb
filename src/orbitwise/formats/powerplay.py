"""POWERplay's graph files (``.gv``, Graphviz' DOT language), so that its users can move.

Two kinds of graph are environments there. Without weights an edge ``s -> t`` is an action of s, named ``t``, that
leads to t. With weights there are three levels of nodes, and each of them says where it belongs::

    "[s]" -> "[a]__[s]";                              s has the action a
    "[a]__[s]" -> "[t]__[a]__[s]"  [weight="0.8"];    which leads to t with probability 0.8

The brackets are a later convention; files with ``"a__s"`` are read alike. A missing action stays missing (POWERplay
computes with an action worth 0 in its place). States keep the order of the file, and states named ``(row, column)``
are drawn there.

References
----------
Harris & Suo, POWERplay, https://github.com/gladstoneai/POWERplay, folder ``mdps``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats.dot import Digraph, Edge, line_of, parse_digraph
from orbitwise.formats.files import read_text

__all__ = ["parse_powerplay", "read_powerplay"]

CELL = re.compile(r"\((\d+), (\d+)\)")
NUMBER = re.compile(r"\d+(\.\d*)?([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?")


def read_powerplay(path: str | os.PathLike[str], *, normalize: bool = False) -> MDP:
    """The environment in a POWERplay graph file.

    **Guarantee:** exact about the file, with its decimal weights read as nearby simple fractions (1/15 for
    0.06666666666666667); a note says where.
    **Cost:** linear.

    Parameters
    ----------
    path
        A ``.gv`` file.
    normalize
        Divide rows of weights by their sums instead of refusing sums other than 1.

    Raises
    ------
    FormatError
        The text is no directed graph in the DOT language, a node fits neither convention, or it is a policy;
        ``where`` is ``file:line``.
    InvalidInput
        There is no such file, or the model breaks a rule.
    """
    return parse_powerplay(read_text(path), where=str(path), default_name=Path(path).stem, normalize=normalize)


def parse_powerplay(text: str, *, where: str = "text", default_name: str = "graph", normalize: bool = False) -> MDP:
    """The environment in a POWERplay graph; see :func:`read_powerplay`.

    Examples
    --------
    >>> parse_powerplay("digraph { a -> a; a -> b; b -> b; }")
    <MDP 'graph': 2 states, 3 choices>
    >>> weighted = 'digraph { "[a]" -> "[stay]__[a]"; "[stay]__[a]" -> "[a]__[stay]__[a]" [weight=1] }'
    >>> parse_powerplay(weighted).actions
    ('stay',)
    """
    graph = parse_digraph(text, where=where)
    has_weights = any("weight" in edge.attributes for edge in graph.edges)

    def place(edge: Edge) -> str:
        return f"{where}:{line_of(text, edge.position)}"

    rows = weighted_rows(graph, place) if has_weights else plain_rows(graph)
    builder = Builder(graph.name or default_name, normalize=normalize)
    try:
        for state, actions in rows.items():
            if not actions:
                raise InvalidInput(
                    "expected an action of each state, found none; a terminal state has an edge to itself",
                    where=repr(state),
                )
            for action, row in actions.items():
                builder.add(state, action, row)
            if cell := CELL.fullmatch(state):
                builder.place(state, column=float(cell[2]), row=float(cell[1]))
        return builder.build(source="a POWERplay graph file")
    except InvalidInput as error:
        raise type(error)(error.message, where=f"{where}: {error.where}") from None


def plain_rows(graph: Digraph) -> dict[str, dict[str, dict[str, float]]]:
    """Each edge is an action that leads surely where its name says."""
    rows: dict[str, dict[str, dict[str, float]]] = {node: {} for node in graph.nodes}
    for edge in graph.edges:
        rows[edge.origin][edge.target] = {edge.target: 1}
    return rows


def weighted_rows(graph: Digraph, place: Callable[[Edge], str]) -> dict[str, dict[str, dict[str, float]]]:
    """The rows that the edges of a graph of three levels give: rows[state][action][successor]."""
    levels = {node: parts_of(node) for node in graph.nodes}
    rows: dict[str, dict[str, dict[str, float]]] = {p[0]: {} for p in levels.values() if len(p) == 1}
    for edge in graph.edges:
        origin, target = levels[edge.origin], levels[edge.target]
        if len(target) != len(origin) + 1 or target[1:] != origin:
            raise FormatError(
                f"expected an edge from s to a__s or from a__s to t__a__s, found {edge.origin!r} -> {edge.target!r}; "
                "see docs/environments.md",
                where=place(edge),
            )
        if len(origin) == 1:
            if "weight" in edge.attributes:
                raise FormatError(
                    f"expected weights where actions lead, found one on the choice of {target[0]!r}: this is a policy; "
                    "give the environment's file",
                    where=place(edge),
                )
            rows[origin[0]].setdefault(target[0], {})
        else:
            action, state = origin
            rows.setdefault(state, {}).setdefault(action, {})[target[0]] = weight_of(edge, place)
    return rows


def parts_of(node: str) -> tuple[str, ...]:
    """The names in ``[t]__[a]__[s]`` or ``t__a__s``."""
    return tuple(part[1:-1] if part.startswith("[") and part.endswith("]") else part for part in node.split("__"))


def weight_of(edge: Edge, place: Callable[[Edge], str]) -> float:
    """The weight of an edge, which must be a number."""
    written = edge.attributes.get("weight", "")
    if not NUMBER.fullmatch(written):
        raise FormatError(f"expected a probability as weight, found {written!r}; write one", where=place(edge))
    return float(written)
