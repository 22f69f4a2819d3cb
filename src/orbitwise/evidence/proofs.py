"""The proofs that certificates carry, one type for each theorem, and how they are written as JSON.

docs/certificate-format.md is the specification; the checker reads what is written here and shares no code with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, assert_never

from orbitwise.environments.mdp import MDP
from orbitwise.evidence.graph_form import GraphProof, graph_proof_document
from orbitwise.evidence.graph_return import ReturnProof, return_proof_document
from orbitwise.evidence.horizon import HorizonProof
from orbitwise.outcomes.criteria import ALL_DISCOUNTS
from orbitwise.outcomes.question import Question

if TYPE_CHECKING:
    from orbitwise.evidence.kinds import Certificate

__all__ = [
    "BlocksProof",
    "CasesProof",
    "CopiesProof",
    "Domination",
    "Mixture",
    "OrbitsProof",
    "Permutation",
    "Proof",
    "certificate_document",
]

Vector = tuple[tuple[int, Fraction], ...]
Permutation = Mapping[int, int]  # coordinate -> where it is sent; coordinates not listed stay


@dataclass(frozen=True)
class Domination:
    """Outcomes of B that are not in B', each as exact convex weights over positions of B'."""

    vector: Vector
    weights: Mapping[int, Fraction]


@dataclass(frozen=True)
class Mixture:
    """A vector of A' that is no outcome of A: exact convex weights of outcomes of A that give it, or come near (T6)."""

    vector: Vector
    weights: tuple[tuple[Vector, Fraction], ...]


@dataclass(frozen=True)
class CopiesProof:
    """T1: involutions that carry B' into A, each leaving the other copies where they are."""

    over: tuple[Vector, ...]
    dominated: tuple[Domination, ...]
    involutions: tuple[Permutation, ...]
    mixed: tuple[Mixture, ...] = ()


@dataclass(frozen=True)
class OrbitsProof:
    """T2: A', B', and generators of a group that maps their union onto itself."""

    prefer: tuple[Vector, ...]
    over: tuple[Vector, ...]
    dominated: tuple[Domination, ...]
    generators: tuple[Permutation, ...]
    interior: tuple[tuple[Vector, tuple[tuple[Vector, Fraction], ...]], ...]
    mixed: tuple[Mixture, ...] = ()


@dataclass(frozen=True)
class BlocksProof:
    """T3: a blocks of A and b of B, and an involution that swaps each pair and leaves the other blocks."""

    prefer: tuple[tuple[Vector, ...], ...]
    over: tuple[tuple[Vector, ...], ...]
    dominated: tuple[Domination, ...]
    swaps: tuple[tuple[Permutation, ...], ...]
    mixed: tuple[Mixture, ...] = ()


@dataclass(frozen=True)
class CasesProof:
    """The constant: A', B', and how the cones of sorted rewards are cut until B can win few cases in each.

    A node of ``tree`` is a cut ``(i, j, p, q)``, a new corner at p x corner i + q x corner j, or None for a leaf.
    """

    prefer: tuple[Vector, ...]
    over: tuple[Vector, ...]
    dominated: tuple[Domination, ...]
    n_values: int
    tree: tuple[tuple[int, int, int, int] | None, ...]


SymmetricProof = CopiesProof | OrbitsProof | BlocksProof
Proof = SymmetricProof | GraphProof | ReturnProof | HorizonProof | CasesProof


def certificate_document(certificate: Certificate) -> dict[str, Any]:
    """The certificate as JSON data; numbers are integers or text ``"p/q"``, never floats."""
    question = certificate.question
    play = question.play
    document: dict[str, Any] = {
        "format": "orbitwise-certificate",
        "version": 1,
        "theorem": certificate.theorem,
        "form": certificate.form,
        "bound": str(certificate.bound),
        "ratio": None if certificate.ratio is None else str(certificate.ratio),
        "strict_almost_everywhere": certificate.strict_almost_everywhere,
        "criterion": _criterion(question),
        "coordinates": list(question.coordinates),
        "permutable": None if question.permutes_all else [question.coordinates[i] for i in question.permutable],
        "environment": None if play is None else {"transitions": _transitions(play.environment)},
        "question": None
        if play is None
        else {
            "at": question.coordinates[play.at],
            "prefer": play.prefer.document(question.coordinates),
            "over": play.over.document(question.coordinates),
        },
        "outcomes": None
        if question.given is None
        else {
            "prefer": _vectors(question.given[0].vectors, question.coordinates),
            "over": _vectors(question.given[1].vectors, question.coordinates),
        },
        "proof": _proof(certificate, question),
    }
    if question.situations:
        document["situations"] = [name for name, _ in question.named_situations]
    if certificate.epsilon is not None:
        document["epsilon"] = str(certificate.epsilon)
    return document


def _proof(certificate: Certificate, question: Question) -> dict[str, Any]:
    proof, names = certificate.proof, question.coordinates
    match proof:
        case CopiesProof() | OrbitsProof() | BlocksProof():
            found = _symmetric_proof(proof, names)
            if certificate.theorem in ("T5", "T6"):
                found["mixed"] = [
                    {"vector": _vector(m.vector, names), "weights": [[_vector(x, names), str(w)] for x, w in m.weights]}
                    for m in proof.mixed
                ]
            return found
        case GraphProof():
            return graph_proof_document(proof, _actions(question), names)
        case ReturnProof():
            return return_proof_document(proof, _actions(question))
        case HorizonProof():
            return {"kind": "horizon", "steps": proof.steps}
        case CasesProof():
            return {
                "kind": "cases",
                "prefer": _vectors(proof.prefer, names),
                "over": _vectors(proof.over, names),
                "dominated": _dominated(proof.dominated, names),
                "values": proof.n_values,
                "tree": [None if node is None else list(node) for node in proof.tree],
            }
        case _:
            assert_never(proof)


def _symmetric_proof(proof: SymmetricProof, names: Sequence[str]) -> dict[str, Any]:
    match proof:
        case CopiesProof():
            return {
                "kind": "copies",
                "over": _vectors(proof.over, names),
                "dominated": _dominated(proof.dominated, names),
                "involutions": [_swaps(p, names) for p in proof.involutions],
            }
        case OrbitsProof():
            return {
                "kind": "orbits",
                "prefer": _vectors(proof.prefer, names),
                "over": _vectors(proof.over, names),
                "dominated": _dominated(proof.dominated, names),
                "generators": [
                    [[names[i], names[j]] for i, j in sorted(p.items()) if i != j] for p in proof.generators
                ],
                "interior": [
                    {"vector": _vector(v, names), "weights": [[_vector(x, names), str(w)] for x, w in weights]}
                    for v, weights in proof.interior
                ],
            }
        case BlocksProof():
            return {
                "kind": "blocks",
                "prefer": [_vectors(block, names) for block in proof.prefer],
                "over": [_vectors(block, names) for block in proof.over],
                "dominated": _dominated(proof.dominated, names),
                "swaps": [[_swaps(p, names) for p in row] for row in proof.swaps],
            }
        case _:
            assert_never(proof)


def _actions(question: Question) -> tuple[str, ...]:
    return () if question.play is None else question.play.environment.actions


def _criterion(question: Question) -> dict[str, Any]:
    criterion = question.criterion
    found: dict[str, Any] = {"kind": str(criterion.kind)}
    if criterion.discount is not None:
        found["discount"] = str(criterion.discount)
    elif criterion.discounts is not None:
        found["discount"] = "all" if criterion.discounts == ALL_DISCOUNTS else list(map(str, criterion.discounts))
    return found


def _transitions(mdp: MDP) -> dict[str, dict[str, Any]]:
    graph = mdp.graph
    exact = None if graph.is_deterministic else graph.exact_probabilities.tolist()
    offsets, successors = graph.entry_offsets.tolist(), graph.successors.tolist()
    labels = mdp.choice_actions.tolist()
    table: dict[str, dict[str, Any]] = {}
    for state, name in enumerate(mdp.states):
        table[name] = row = {}
        for choice in mdp.choices(state):
            start, stop = offsets[choice], offsets[choice + 1]
            if stop - start == 1 or exact is None:
                row[mdp.actions[labels[choice]]] = mdp.states[successors[start]]
            else:
                row[mdp.actions[labels[choice]]] = {
                    mdp.states[successors[k]]: str(exact[k]) for k in range(start, stop)
                }
    return table


def _vector(vector: Vector, names: Sequence[str]) -> dict[str, str]:
    return {names[i]: str(x) for i, x in vector}


def _vectors(vectors: Iterable[Vector], names: Sequence[str]) -> list[dict[str, str]]:
    return [_vector(v, names) for v in vectors]


def _dominated(dominated: Iterable[Domination], names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"vector": _vector(d.vector, names), "weights": [[j, str(w)] for j, w in sorted(d.weights.items())]}
        for d in dominated
    ]


def _swaps(involution: Permutation, names: Sequence[str]) -> list[list[str]]:
    return [[names[i], names[j]] for i, j in sorted(involution.items()) if i < j]
