"""What the theorems are called, why they hold, and what a certificate claims, in a few words."""

from __future__ import annotations

import math
from fractions import Fraction

from orbitwise.evidence.graph_form import GraphProof
from orbitwise.evidence.graph_return import ReturnProof
from orbitwise.evidence.horizon import HorizonProof
from orbitwise.evidence.kinds import Certificate
from orbitwise.evidence.proofs import BlocksProof, CopiesProof, OrbitsProof
from orbitwise.report.lettering import fraction_words, label

__all__ = [
    "base_theorem",
    "certificate_name",
    "certificate_reason",
    "epsilon_words",
    "form_words",
    "moves_words",
    "often_words",
    "ratio_words",
    "theorem_name",
]

THEOREM_NAMES = {
    "T1": "n copies",
    "T2": "group orbits",
    "T3": "blocks",
    "T5": "domination, by graph search",
    "T6": "near symmetry",
    "constant": "by cases",
}
REASONS = {
    "T1": "Each permutation of the proof carries the outcomes of B′ onto another copy of them inside A and leaves "
    "the other copies where they are. So wherever B is strictly best, each permutation gives a variant on which its "
    "copy is.",
    "T2": "The permutations of the proof map the outcomes A′ and B′, taken together, onto themselves. Over the group "
    "that they generate a best outcome visits its whole orbit evenly, so it lies in A′ at least as often as A′ has "
    "members there.",
    "T3": "A′ and B′ are made of blocks, and the proof can swap any block of A′ with any block of B′ while all others "
    "stay. So the best block is as often any one of them as any other.",
    "T6": "Outcomes of A come near the vectors A′, and outcomes of B near mixtures of the vectors B′. Permutations map "
    "A′ and B′, taken together, onto themselves, so a best vector lies in A′ as often as T2 says. What distances can "
    "be worth is epsilon.",
    "T5": "A can reach every state of A′ and stay there; B can return for ever only to the states of B′. The "
    "largest reward among all these states lies equally often on each of them.",
    "constant": "Only the sorted values of a reward count, and they form cones. The proof cuts these cones until each "
    "shows, at its corners, that B can win no more of the permuted variants there.",
}
RETURN_NAME = "domination, by coming back"
HORIZON_NAME = "domination, by settling soon"
HORIZON_REASON = (
    "A can be in every state of A′ for good after the steps that the proof names; after the present state B can only "
    "be in the states of B′. The largest reward among all these states lies equally often on each of them"
)
MIXED_REASON = " Some vectors of A′ are mixtures of outcomes of A: the best of A is worth at least as much."
MOVES = {
    "T1": "Each carries B′ onto one copy of it inside A.",
    "T2": "They generate the group that maps A′ and B′, taken together, onto themselves.",
    "T3": "Each swaps one block of A′ with one block of B′.",
}


def theorem_name(theorem: str) -> str:
    """``T3 (blocks)``."""
    return f"{theorem} ({THEOREM_NAMES[theorem]})" if theorem in THEOREM_NAMES else theorem


def certificate_name(certificate: Certificate) -> str:
    """``T3 (blocks)``; T5 has two kinds of proof."""
    if isinstance(certificate.proof, ReturnProof):
        return f"{certificate.theorem} ({RETURN_NAME})"
    if isinstance(certificate.proof, HorizonProof):
        return f"{certificate.theorem} ({HORIZON_NAME})"
    if certificate.theorem == "T5" and not isinstance(certificate.proof, GraphProof):
        return f"T5 ({THEOREM_NAMES[base_theorem(certificate)]} with mixtures)"
    return theorem_name(certificate.theorem)


def certificate_reason(certificate: Certificate) -> str:
    """Why the theorem holds, in two or three sentences."""
    if isinstance(certificate.proof, ReturnProof):
        goal = label(certificate.question.coordinates[certificate.proof.policy.target], 32)
        return (
            f"A can surely get to {goal}, and can do from there whatever B can do. What is visited only before that "
            "does not count under average reward. So A is worth at least as much as B, for every reward."
        )
    if isinstance(certificate.proof, HorizonProof):
        loss = "." if certificate.epsilon is None else ", and what A misses on the way is at most epsilon."
        return HORIZON_REASON + loss
    if certificate.theorem == "T5" and not isinstance(certificate.proof, GraphProof):
        return REASONS[base_theorem(certificate)] + MIXED_REASON
    return REASONS.get(certificate.theorem, "")


def base_theorem(certificate: Certificate) -> str:
    """The theorem whose kind of proof a certificate has."""
    match certificate.proof:
        case CopiesProof():
            return "T1"
        case OrbitsProof():
            return "T2"
        case BlocksProof():
            return "T3"
        case _:
            return certificate.theorem


def moves_words(theorem: str) -> str:
    """What the permutations of a proof do."""
    return MOVES.get(theorem, "")


def form_words(certificate: Certificate) -> str:
    """The form of the bound in a few words."""
    match certificate.form:
        case "n-to-1":
            return f"{fraction_words(certificate.ratio)} to 1" if certificate.ratio is not None else "n to 1"
        case "strict-ratio":
            return f"{ratio_words(certificate.ratio)}, strictly"
        case "epsilon" if certificate.epsilon is not None:
            return f"up to {epsilon_words(certificate.epsilon)} of the reward's range"
        case _:
            return "weak share"


def epsilon_words(epsilon: Fraction) -> str:
    """The fraction if it is short, else rounded up to four decimals."""
    return fraction_words(epsilon) if epsilon.denominator < 10_000 else f"{math.ceil(10_000 * epsilon) / 10_000:g}"


def ratio_words(ratio: Fraction | None) -> str:
    """``2 to 1``, ``51 to 2``."""
    return "" if ratio is None else f"{ratio.numerator:,} to {ratio.denominator:,}"


def often_words(ratio: Fraction) -> str:
    """``as often``, ``2 times as often``, ``51/2 times as often``."""
    return "as often" if ratio == 1 else f"{fraction_words(ratio)} times as often"
