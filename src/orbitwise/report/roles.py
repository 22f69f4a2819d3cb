"""Which states belong to A and to B in the best certificate, and which permutations it swaps them by.

A state has the role of A' when an outcome of A' gives it weight, of B' likewise. Copies (T1) and blocks (T3) are
numbered. Without a certificate, or with one that names no outcomes (T5, by coming back), the outcomes themselves are
taken; where they cannot be listed, the states in which A and B can stay for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, assert_never

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.evidence.answer import Answer
from orbitwise.evidence.graph_form import GraphProof
from orbitwise.evidence.graph_return import ReturnProof
from orbitwise.evidence.horizon import HorizonProof
from orbitwise.evidence.proofs import BlocksProof, CasesProof, CopiesProof, OrbitsProof, Permutation, Proof
from orbitwise.evidence.situations import common_arenas
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.reachability import find_reachable, restrict_to_nodes

__all__ = ["Move", "Part", "Role", "Roles", "Side", "find_roles", "list_parts"]

Side = Literal["", "a", "b", "ab"]
Vector = tuple[tuple[int, Fraction], ...]
MOST_MOVES = 120


@dataclass(frozen=True)
class Role:
    """What a state is in the comparison: its side, and the tag that says so without color (``A2``: second copy)."""

    side: Side
    tag: str


@dataclass(frozen=True)
class Move:
    """One permutation of a proof.

    Parameters
    ----------
    pairs
        Coordinates and where they are sent; an involution names each pair once.
    is_swap
        Whether each pair goes both ways.
    """

    pairs: tuple[tuple[int, int], ...]
    is_swap: bool


@dataclass(frozen=True)
class Roles:
    """The roles of states, where they come from, and the permutations.

    Parameters
    ----------
    roles
        State (coordinate) to role; states without one are not in it.
    basis
        A sentence that says what the roles were taken from.
    moves
        The permutations of the proof, the first :data:`MOST_MOVES`.
    n_moves
        How many the proof has.
    """

    roles: Mapping[int, Role]
    basis: str
    moves: tuple[Move, ...] = ()
    n_moves: int = 0


@dataclass(frozen=True)
class Part:
    """A part of a proof: its side, its tag, and the states to which its outcomes give weight."""

    side: Literal["a", "b"]
    tag: str
    states: tuple[int, ...]


def find_roles(answer: Answer) -> Roles:
    """Roles of the states in an answer.

    **Cost:** linear in the certificate, or in the environment without one.
    """
    best = answer.best
    parts = [] if best is None else list_parts(best.proof)
    if best is not None and parts:
        what = "the coordinates" if answer.question.play is None else "the states"
        distinct = tuple(dict.fromkeys(_move(p) for p in _permutations(best.proof)))
        basis = f"Colored: {what} to which the outcomes in the {best.theorem} certificate give weight."
        return Roles(_merge(parts), basis, distinct[:MOST_MOVES], len(distinct))
    return _roles_without_proof(answer)


def list_parts(proof: Proof) -> list[Part]:
    """The parts of a proof: copies, blocks, or A' and B' as a whole; none when it names no outcomes."""
    match proof:
        case CopiesProof():
            b = _indices(proof.over)
            n = len(proof.involutions)
            copies = [
                Part("a", _numbered("A", k, n), tuple(sorted(phi.get(i, i) for i in b)))
                for k, phi in enumerate(proof.involutions, start=1)
            ]
            return [*copies, Part("b", "B", b)]
        case OrbitsProof() | CasesProof():
            return [Part("a", "A", _indices(proof.prefer)), Part("b", "B", _indices(proof.over))]
        case BlocksProof():
            a_parts = [
                Part("a", _numbered("A", k, len(proof.prefer)), _indices(block))
                for k, block in enumerate(proof.prefer, start=1)
            ]
            b_parts = [
                Part("b", _numbered("B", k, len(proof.over)), _indices(block))
                for k, block in enumerate(proof.over, start=1)
            ]
            return [*a_parts, *b_parts]
        case GraphProof():
            return [
                Part("a", "A", tuple(proof.targets.tolist())),
                Part("b", "B", tuple(proof.recurrent.tolist())),
            ]
        case HorizonProof():
            return [Part("a", "A", tuple(proof.targets.tolist())), Part("b", "B", tuple(proof.visited.tolist()))]
        case ReturnProof():
            return []
        case _:
            assert_never(proof)


def _roles_without_proof(answer: Answer) -> Roles:
    question = answer.question
    outcomes = question.outcomes
    if not isinstance(outcomes, NotSupported):
        prefer, over = (_indices(side.vectors) for side in outcomes)
        what = "the coordinates" if question.play is None else "the states"
        basis = f"Colored: {what} to which the outcomes of A and of B give weight."
        return Roles(_two_sides(prefer, over), basis)
    if question.play is None:
        return Roles({}, "")
    arenas = common_arenas(question)
    if isinstance(arenas, str):
        return Roles({}, "")
    prefer, over = map(_lasting_states, arenas)
    return Roles(_two_sides(prefer, over), "Colored: the states to which A and B can return for ever.")


def _two_sides(prefer: tuple[int, ...], over: tuple[int, ...]) -> dict[int, Role]:
    return _merge([Part("a", "A", prefer), Part("b", "B", over)])


def _permutations(proof: Proof) -> Iterable[Permutation]:
    match proof:
        case CopiesProof():
            return proof.involutions
        case OrbitsProof():
            return proof.generators
        case BlocksProof():
            return [swap for row in proof.swaps for swap in row]
        case GraphProof() | HorizonProof() | ReturnProof() | CasesProof():
            return ()
        case _:
            assert_never(proof)


def _move(permutation: Permutation) -> Move:
    moved = {i: j for i, j in sorted(permutation.items()) if i != j}
    if all(moved.get(j) == i for i, j in moved.items()):
        return Move(tuple((i, j) for i, j in moved.items() if i < j), is_swap=True)
    return Move(tuple(moved.items()), is_swap=False)


def _merge(parts: Iterable[Part]) -> dict[int, Role]:
    """One role for each state, from the parts that contain it."""
    tags: dict[int, list[str]] = {}
    for part in parts:
        for state in part.states:
            tags.setdefault(state, []).append(part.tag)
    known: dict[tuple[str, ...], Role] = {}
    return {state: known.setdefault(tuple(found), _role(found)) for state, found in sorted(tags.items())}


def _role(tags: list[str]) -> Role:
    letters = list(dict.fromkeys(tag[0] for tag in tags))
    side: Side = "ab" if len(letters) == 2 else "a" if letters == ["A"] else "b"
    return Role(side, " ".join(tags if len(tags) <= 2 else letters))


def _numbered(letter: str, number: int, total: int) -> str:
    return letter if total == 1 else f"{letter}{number}"


def _indices(vectors: Iterable[Vector]) -> tuple[int, ...]:
    return tuple(sorted({i for vector in vectors for i, _ in vector}))


def _lasting_states(arena: Arena) -> tuple[int, ...]:
    """States of the end components that the arena can reach and may stay in."""
    kept = find_reachable(arena.graph, arena.initial_nodes)
    if arena.end_nodes is not None:
        kept = kept & arena.end_nodes
    inside, _ = restrict_to_nodes(arena.graph, kept)
    lasting = find_end_components(inside).component >= 0
    return tuple(np.unique(arena.node_states[lasting]).tolist())
