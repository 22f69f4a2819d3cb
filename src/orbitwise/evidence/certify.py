"""Search for certificates: each theorem is tried, every bound found is kept, the most useful first.

A certificate is useful by its bound, then by what else it claims (a ratio over a weak share, strictness for almost
every reward), then by how little the reader must check.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import le

from orbitwise.errors import NotSupported
from orbitwise.evidence.blocks import find_blocks
from orbitwise.evidence.copies import find_copies
from orbitwise.evidence.dominating import Dominating, dominating_sets, every_discount_sets
from orbitwise.evidence.given_orbits import find_given_bound
from orbitwise.evidence.graph_form import GraphProof, find_graph_proof
from orbitwise.evidence.graph_return import ReturnProof, find_return_proof
from orbitwise.evidence.group_orbits import OrbitBound, find_orbit_bound
from orbitwise.evidence.groups import iter_groups
from orbitwise.evidence.horizon import find_horizon_proofs
from orbitwise.evidence.kinds import Certificate, NotCertified
from orbitwise.evidence.matching import find_block_classes
from orbitwise.evidence.mixtures import find_mixtures, mixtures_used, vectors_of
from orbitwise.evidence.near import find_near_bounds
from orbitwise.evidence.proofs import BlocksProof, CopiesProof, OrbitsProof
from orbitwise.evidence.situations import common_arenas, common_outcomes, has_sure_starts
from orbitwise.evidence.symmetries import Vector, move
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes

__all__ = ["certify", "sort_certificates"]

MAX_OUTCOMES = 3_000
CUT = "the search of groups for T2 stopped at its limit of steps, so a larger bound may have been missed"
FORMS = ("strict-ratio", "n-to-1", "weak", "epsilon")


def certify(question: Question) -> tuple[tuple[Certificate, ...], tuple[NotCertified, ...]]:
    """All certificates found for a question, the most useful first, and why the other theorems give none.

    **Guarantee:** each certificate is exact and can be verified by :mod:`orbitwise.checker`.
    **Cost:** T5 is near-linear in the environment; T1 to T3 need the outcomes listed and are skipped, with
    the reason, beyond 3,000 of them.

    Examples
    --------
    >>> import orbitwise as ow
    >>> found, _ = certify(ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy"))
    >>> found[0].theorem, found[0].bound
    ('T3', Fraction(2, 3))
    """
    began = time.perf_counter()
    found: list[Certificate] = []
    missing: list[NotCertified] = []

    def keep(evidences: Iterable[Certificate | NotCertified]) -> Fraction:
        """The best bound so far that holds without an epsilon."""
        for evidence in evidences:
            match evidence:
                case Certificate():
                    found.append(replace(evidence, seconds=time.perf_counter() - began))
                case NotCertified():
                    missing.append(evidence)
        return max((c.bound for c in found if c.epsilon is None), default=Fraction(0))

    listed = _list(question)
    best = keep((*_from_outcomes(question, listed), *_from_graph(question), *_from_horizons(question)))
    best = keep(_from_mixtures(question, listed, best))
    keep(_from_near_symmetry(question, listed, best))
    return sort_certificates(found), tuple(missing)


def sort_certificates(found: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """The most useful first, without bounds up to an epsilon, or by mixtures, that add nothing."""
    return tuple(_worth_having(sorted(found, key=_usefulness)))


def _usefulness(certificate: Certificate) -> tuple[object, ...]:
    """Smaller is more useful."""
    more = certificate.strict_almost_everywhere
    is_short = isinstance(certificate.proof, ReturnProof)
    epsilon = certificate.epsilon or Fraction(0)
    rank = certificate.epsilon is not None, epsilon - certificate.bound
    return *rank, FORMS.index(certificate.form), not more, not is_short, certificate.theorem


def _worth_having(ranked: list[Certificate]) -> list[Certificate]:
    """All but bounds up to an epsilon, or by mixtures, that claim no more than one before them."""
    kept: list[Certificate] = []
    for certificate in ranked:
        is_extra = certificate.epsilon is not None or bool(getattr(certificate.proof, "mixed", ()))
        if not (is_extra and any(all(map(le, _claim(certificate), _claim(other))) for other in kept)):
            kept.append(certificate)
    return kept


def _claim(certificate: Certificate) -> tuple[Fraction, Fraction, Fraction]:
    """What is claimed, larger is more: the bound, the ratio, and how little is lost."""
    return certificate.bound, certificate.ratio or Fraction(0), -(certificate.epsilon or Fraction(0))


@dataclass(frozen=True)
class _Listed:
    """The outcomes that T1, T2, T3 and T6 are about, and the choices of B'."""

    prefer: Outcomes
    over: Outcomes
    choices: tuple[Dominating, ...]


def _list(question: Question) -> _Listed | str:
    """The outcomes, or why they are not searched."""
    outcomes = common_outcomes(question) if question.situations else question.proof_outcomes
    if isinstance(outcomes, NotSupported):
        return f"the outcomes were not listed: {outcomes.message}"
    if not len(outcomes[0]):
        return "no outcome of A is one in every situation"
    if max(map(len, outcomes)) > MAX_OUTCOMES:
        most = f"{max(map(len, outcomes)):,}"
        return f"{most} outcomes are too many for a search of symmetries (limit {MAX_OUTCOMES:,})"
    if question.criterion.is_function:
        return _Listed(*outcomes, every_discount_sets(outcomes[1], _has_duty(question)))
    return _Listed(*outcomes, dominating_sets(outcomes[1]))


def _from_outcomes(question: Question, listed: _Listed | str) -> Iterator[Certificate | NotCertified]:
    """T1, T2 and T3, on listed outcomes."""
    if isinstance(listed, str):
        yield from (NotCertified(theorem, listed) for theorem in ("T1", "T2", "T3"))
    else:
        yield from _symmetric(question, listed.prefer, listed.choices)


def _symmetric(
    question: Question, prefer: Outcomes, choices: tuple[Dominating, ...], above: Fraction = Fraction(0)
) -> Iterator[Certificate | NotCertified]:
    """T1, T2 (where its bound is larger than ``above``) and T3 for these outcomes of A."""
    matched: list[tuple[Vector, ...]] = []
    copies: list[CopiesProof | str] = []
    blocks: list[BlocksProof | str] = []
    whats: dict[int, str] = {}  # by the proof's identity: which B' it is about
    for choice in choices:
        members = set(prefer.vectors)
        rest = tuple(v for v in choice.vectors if v not in members)
        classes = find_block_classes(prefer.vectors, rest, is_permutable=question.is_permutable)
        matched.append(tuple(v for c in classes for block in c.prefer for v in block.vectors))
        copies.append(find_copies(prefer, choice, classes))
        blocks.append(find_blocks(choice, classes))
        whats |= {id(copies[-1]): choice.what, id(blocks[-1]): choice.what}
    copied = [p for p in copies if isinstance(p, CopiesProof)]
    if copied:
        most = max(copied, key=lambda p: len(p.involutions))
        yield _copies_certificate(question, most, f"copies of {whats[id(most)]}")
    else:
        yield NotCertified("T1", str(copies[0]))
    proofs = [p for p in (*copies, *blocks) if not isinstance(p, str)]
    orbits = _find_orbits(question, prefer, choices, matched, proofs, above)
    if isinstance(orbits, str):
        yield NotCertified("T2", orbits)
    else:
        disjoint = not set(orbits.proof.prefer) & set(orbits.proof.over)
        n_vectors = len({*orbits.proof.prefer, *orbits.proof.over})
        what = f"{orbits.group.what}; A has {len(orbits.proof.prefer)} of {n_vectors} vectors"
        note = CUT if orbits.is_cut else ""
        yield Certificate(question, orbits.proof, "T2", "weak", orbits.bound, None, disjoint, note, choice=what)
    blocked = [p for p in blocks if isinstance(p, BlocksProof)]
    if blocked:
        best = max(blocked, key=lambda p: Fraction(len(p.prefer), len(p.over)))
        yield _blocks_certificate(question, best, f"blocks of {whats[id(best)]}")
    else:
        yield NotCertified("T3", str(blocks[0]))


def _find_orbits(
    question: Question,
    prefer: Outcomes,
    choices: tuple[Dominating, ...],
    matched: list[tuple[Vector, ...]],
    proofs: list[CopiesProof | BlocksProof],
    above: Fraction,
) -> OrbitBound | str:
    """T2 with the best sets for many groups; for all discounts at once with the sets that are known to dominate."""
    if question.criterion.is_function:
        members = set(prefer.vectors)
        known = [
            (choice, (*(v for v in choice.vectors if v in members), *copies))
            for choice, copies in zip(choices, matched, strict=True)
        ]
        return find_given_bound(prefer, known, is_permutable=question.is_permutable, interior=False)
    first = choices[0]
    over = (dict(v) for v in (*first.vectors, *(d.vector for d in first.dominated)))
    groups = iter_groups(prefer.vectors, choices, proofs, matched, question.permutable)
    return find_orbit_bound(prefer, Outcomes.of(over, prefer.n_coordinates), first.vectors, groups, above=above)


def _from_mixtures(question: Question, listed: _Listed | str, best: Fraction) -> Iterator[Certificate]:
    """T1, T2 and T3 with mixtures of outcomes of A beside its outcomes, where that may add something: T5 in general."""
    if isinstance(listed, str) or question.criterion.is_function or best == 1:
        return
    prefer, choices = listed.prefer, listed.choices
    mixtures = find_mixtures(prefer, choices[0].vectors, is_permutable=question.is_permutable)
    if not mixtures:
        return
    wider = Outcomes((*prefer.vectors, *(m.vector for m in mixtures)), prefer.n_coordinates)
    for evidence in _symmetric(question, wider, choices, best):
        match evidence:
            case Certificate(proof=CopiesProof() | OrbitsProof() | BlocksProof() as proof):
                used = mixtures_used(proof, mixtures)
                if used:
                    yield replace(evidence, theorem="T5", proof=replace(proof, mixed=used))


def _from_near_symmetry(
    question: Question, listed: _Listed | str, best: Fraction
) -> Iterator[Certificate | NotCertified]:
    """T6, on listed outcomes, where it may add to the best bound that holds without an epsilon."""
    if question.criterion.is_function:
        return
    if isinstance(listed, str):
        yield NotCertified("T6", listed)
        return
    if best == 1:
        return
    bounds = find_near_bounds(
        listed.prefer,
        listed.over,
        listed.choices[0],
        is_permutable=question.is_permutable,
        better_than=best,
        scale=1 - (question.criterion.discount or Fraction(0)),
    )
    if isinstance(bounds, str):
        yield NotCertified("T6", bounds)
        return
    for near in bounds:
        if near.epsilon:
            yield Certificate(question, near.proof, "T6", "epsilon", near.bound, None, False, epsilon=near.epsilon)
        else:
            disjoint = vectors_of(near.proof).isdisjoint(near.proof.over)
            theorem = "T5" if near.proof.mixed else "T2"
            yield Certificate(question, near.proof, theorem, "weak", near.bound, None, disjoint)


def _from_horizons(question: Question) -> Iterator[Certificate | NotCertified]:
    """T5 for discounted reward, one certificate for each number of steps that is worth having."""
    play, discount = question.play, question.criterion.discount
    if play is None or (discount is None and not question.criterion.is_function):
        return
    if question.situations:
        yield NotCertified("T5", "bounds by settling soon are about one situation")
        return
    permutable = None if question.permutes_all else question.permutable_mask
    proofs = find_horizon_proofs(play.prefer_arena, play.over_arena, discount, permutable=permutable)
    if isinstance(proofs, str):
        yield NotCertified("T5", proofs)
        return
    for proof in proofs:
        if proof.epsilon:
            yield Certificate(question, proof, "T5", "epsilon", proof.bound, None, False, epsilon=proof.epsilon)
        else:
            form = "weak" if proof.ratio is None else "strict-ratio"
            yield Certificate(question, proof, "T5", form, proof.bound, proof.ratio, proof.shares_no_state)


def _has_duty(question: Question) -> bool:
    """Whether B is not all policies of a part of the environment: it must enter or end somewhere."""
    arena = None if question.play is None else question.play.over_arena
    return arena is not None and (arena.full_memory > 0 or arena.end_nodes is not None)


def _copies_certificate(question: Question, proof: CopiesProof, choice: str) -> Certificate:
    n = len(proof.involutions)
    over = set(proof.over)
    disjoint = not any(move(phi, v) in over for phi in proof.involutions for v in proof.over)
    return Certificate(question, proof, "T1", "n-to-1", Fraction(n, n + 1), Fraction(n), disjoint, choice=choice)


def _blocks_certificate(question: Question, proof: BlocksProof, choice: str) -> Certificate:
    a, b = len(proof.prefer), len(proof.over)
    ratio = Fraction(a, b)
    return Certificate(question, proof, "T3", "strict-ratio", Fraction(a, a + b), ratio, True, choice=choice)


def _from_graph(question: Question) -> Iterator[Certificate | NotCertified]:
    """T5 in its return form or else its graph form, which list no outcomes."""
    play = question.play
    if play is None:
        yield NotCertified("T5", "the graph form is about average reward in an environment")
        return
    if question.criterion.kind != "average":
        return
    returning = None if question.situations else find_return_proof(question)
    if returning is not None:
        yield Certificate(question, returning, "T5", "weak", Fraction(1), None, strict_almost_everywhere=False)
        return
    permutable = None if question.permutes_all else question.permutable_mask
    arenas = common_arenas(question)
    if isinstance(arenas, str):
        yield NotCertified("T5", arenas)
        return
    alone = has_sure_starts(question)
    proof = find_graph_proof(*arenas, permutable=permutable, each_start_alone=alone)
    match proof:
        case GraphProof():
            form = "weak" if proof.ratio is None else "strict-ratio"
            yield Certificate(question, proof, "T5", form, proof.bound, proof.ratio, proof.shares_no_state, proof.note)
        case str():
            yield NotCertified("T5", proof)
