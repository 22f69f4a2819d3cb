"""T6, near symmetry: bounds up to an epsilon, when outcomes only come near what permutations could exchange.

The distance of two vectors of equal sums is |x - y|_1 / 2: times max r - min r it bounds how much their worth differs.
If every vector of A' is within delta_A of the convex hull of A, and every outcome of B within delta_B of that of B',
then on the share that T2 gives for A' and B'

    h_A >= h_B - (delta_A + delta_B) (max r - min r).

Candidates: unit vectors on the coordinates where outcomes of A have most of their weight, against those that carry
most of the weight of every outcome of B; and the values of B's outcomes, or of these rounded, put where outcomes of A
have theirs. Larger distances are allowed step by step, so the bound grows with the epsilon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from orbitwise.compute.exact import rationalize
from orbitwise.evidence.dominating import Dominating
from orbitwise.evidence.given_orbits import improve_orbit_bound
from orbitwise.evidence.mixtures import mixtures_used
from orbitwise.evidence.proofs import Domination, Mixture, OrbitsProof
from orbitwise.evidence.symmetries import Vector
from orbitwise.outcomes.vectors import Outcomes

if TYPE_CHECKING:
    from orbitwise.evidence.kinds import Certificate

__all__ = ["NearBound", "find_near_bounds", "uniform_probability"]

MOST_OUTCOMES = 150
MOST_BOUNDS = 4
LARGEST_EPSILON = Fraction(1, 3)  # of the range of the reward; more says little
ROUNDINGS = (1, 2, 3, 4)  # shares of the common sum to which outcomes of B are rounded
STEPS = 4  # distances tried for each choice of B'

Weighted = tuple[tuple[Vector, Fraction], ...]


@dataclass(frozen=True)
class NearBound:
    """On this share of every orbit A is at least as good as B, up to epsilon (0: exactly, by mixtures)."""

    bound: Fraction
    epsilon: Fraction
    proof: OrbitsProof


@dataclass(frozen=True)
class _Candidate:
    """A' as combinations of outcomes of A that come near, the nearest first; B' with all outcomes of B likewise."""

    prefer: tuple[tuple[Fraction, Mixture], ...]  # with their distances
    over: Dominating
    slack: Fraction  # of B'


def find_near_bounds(
    prefer: Outcomes,
    over: Outcomes,
    vertices: Dominating,
    *,
    is_permutable: Callable[[int], bool],
    better_than: Fraction,
    scale: Fraction = Fraction(1),
) -> tuple[NearBound, ...] | str:
    """Bounds larger than what is known, each with a larger epsilon than the one before; or why there are none.

    **Guarantee:** exact distances of exact weights; that no smaller epsilon exists is not claimed.
    **Cost:** a group search for each of up to 40 choices of A' and B', and a linear program for each vector of A' and
    each outcome of B in the few bounds that are returned.

    Parameters
    ----------
    prefer, over
        All outcomes of A and of B.
    vertices
        The vertices of B, with weights for its other outcomes.
    is_permutable
        Whether a coordinate may move.
    better_than
        The bound that holds without epsilon.
    scale
        What makes values normalized: 1 - g under discounting.
    """
    if max(len(prefer), len(over)) > MOST_OUTCOMES:
        return f"near symmetry is searched among at most {MOST_OUTCOMES} outcomes of each side"
    sums = {sum((x for _, x in v), Fraction(0)) for v in (*prefer.vectors, *over.vectors)}
    if len(sums) != 1:
        return "the outcomes have different sums, so adding a constant to the reward changes who is better"
    total = sums.pop()
    found: list[NearBound] = []
    for candidate in _candidates(prefer, over, vertices, total, is_permutable):
        for n in _cuts(candidate, scale):
            bound = _evaluate(prefer, candidate, n, is_permutable, scale, better_than)
            if bound is not None:
                found.append(bound)
    best = _trade_off(found, better_than)
    if not best:
        return "no vectors that permutations exchange were found so near to the outcomes that the bound would grow"
    step = max(1, -(-len(best) // MOST_BOUNDS))
    return _trade_off([_refine(bound, prefer, scale) for bound in best[::-1][::step]], better_than)


def uniform_probability(certificate: Certificate) -> Fraction | None:
    """With which probability A is at least as good for independent uniform rewards; None unless A' u B' are units.

    Among n such rewards on an interval of length 1 the largest lies equally often on each coordinate, and independently
    of where, it exceeds the second largest by more than epsilon with probability (1 - epsilon)^n. Where it lies on one
    of the a coordinates of A' alone, A is then at least as good: a/n (1 - epsilon)^n.

    **Guarantee:** exact lower bound.
    """
    proof, epsilon = certificate.proof, certificate.epsilon
    if not isinstance(proof, OrbitsProof) or certificate.theorem != "T6" or epsilon is None:
        return None
    vectors = {*proof.prefer, *proof.over}
    if any(len(v) != 1 for v in vectors) or len({v[0][1] for v in vectors}) != 1:
        return None
    own = len(set(proof.prefer) - set(proof.over))
    size = abs(next(iter(vectors))[0][1]) * (1 - (certificate.question.criterion.discount or 0))
    return Fraction(own, len(vectors)) * max(Fraction(0), 1 - epsilon / size) ** len(vectors)


def _trade_off(found: Sequence[NearBound], better_than: Fraction) -> tuple[NearBound, ...]:
    """Those whose bound is larger than that of all with a smaller epsilon."""
    best: list[NearBound] = []
    for bound in sorted(found, key=lambda b: (b.epsilon, -b.bound, len(b.proof.prefer))):
        if bound.bound > (best[-1].bound if best else better_than):
            best.append(bound)
    return tuple(best)


def _refine(bound: NearBound, prefer: Outcomes, scale: Fraction) -> NearBound:
    """The same bound with combinations of several outcomes where these come nearer."""
    proof = bound.proof
    ours = [_nearer(m.vector, m.weights, prefer.vectors) for m in proof.mixed]
    theirs = [
        _nearer(d.vector, [(proof.over[k], w) for k, w in d.weights.items()], proof.over) for d in proof.dominated
    ]
    place = {vector: k for k, vector in enumerate(proof.over)}
    slack = [max((distance for distance, _ in side), default=Fraction(0)) for side in (ours, theirs)]
    return NearBound(
        bound.bound,
        sum(slack, Fraction(0)) * scale,
        replace(
            proof,
            mixed=tuple(replace(m, weights=weights) for m, (_, weights) in zip(proof.mixed, ours, strict=True)),
            dominated=tuple(
                replace(d, weights={place[v]: w for v, w in weights})
                for d, (_, weights) in zip(proof.dominated, theirs, strict=True)
            ),
        ),
    )


def _nearer(
    vector: Vector, weights: Sequence[tuple[Vector, Fraction]], others: Sequence[Vector]
) -> tuple[Fraction, Weighted]:
    """The nearer of a combination and of what the linear program finds, with its distance."""
    known = distance_to(vector, weights)
    if known == 0:
        return known, tuple(weights)
    found = find_nearest(vector, others)
    return min((known, tuple(weights)), (distance_to(vector, found), found), key=lambda entry: entry[0])


def _cuts(candidate: _Candidate, scale: Fraction) -> list[int]:
    """How many of the vectors of A' to use: up to each larger distance, a few of these."""
    distances = [distance for distance, _ in candidate.prefer]
    ends = [k for k, (a, b) in enumerate(pairwise([*distances, Fraction(-1)]), start=1) if a != b]
    fit = [k for k in ends if (distances[k - 1] + candidate.slack) * scale <= LARGEST_EPSILON]
    return fit if len(fit) <= STEPS else [fit[round(i * (len(fit) - 1) / (STEPS - 1))] for i in range(STEPS)]


def _evaluate(
    prefer: Outcomes,
    candidate: _Candidate,
    n: int,
    is_permutable: Callable[[int], bool],
    scale: Fraction,
    better_than: Fraction,
) -> NearBound | None:
    """The T2 bound for the n nearest vectors; None when it cannot be, or is not, better than what is known."""
    chosen = candidate.prefer[:n]
    vectors = tuple(mixture.vector for _, mixture in chosen)
    both = len({*vectors, *candidate.over.vectors})
    if Fraction(n, both) <= better_than:
        return None
    improved = improve_orbit_bound(vectors, candidate.over, is_permutable)
    if improved.bound <= better_than:
        return None
    known = set(prefer.vectors)
    mixtures = mixtures_used(improved.proof, [m for _, m in chosen if m.vector not in known])
    distance = {mixture.vector: d for d, mixture in chosen}
    delta = max((distance[m.vector] for m in mixtures), default=Fraction(0))
    return NearBound(improved.bound, (delta + candidate.slack) * scale, replace(improved.proof, mixed=mixtures))


def _candidates(
    prefer: Outcomes, over: Outcomes, vertices: Dominating, total: Fraction, is_permutable: Callable[[int], bool]
) -> Iterator[_Candidate]:
    if total > 0 and all(x > 0 for v in (*prefer.vectors, *over.vectors) for _, x in v):
        yield from _units(prefer, over, total)
    choices: list[tuple[Dominating, Fraction]] = [(vertices, Fraction(0))]
    for parts in ROUNDINGS:
        rounded = tuple(dict.fromkeys(_round(v, total, parts) for v in vertices.vectors))
        if set(rounded) != set(vertices.vectors) and rounded not in [choice.vectors for choice, _ in choices]:
            choices.append(_dominate_nearly(over, rounded))
    for choice, slack in choices:
        yield _Candidate(_arrangements(prefer, choice.vectors, is_permutable), choice, slack)


def _units(prefer: Outcomes, over: Outcomes, total: Fraction) -> Iterator[_Candidate]:
    """Unit vectors: of A near its most concentrated outcomes, of B without what it visits least."""
    best: dict[int, tuple[Fraction, Vector]] = {}
    for vector in prefer.vectors:
        for i, x in vector:
            if i not in best or x > best[i][0]:
                best[i] = x, vector
    ranked = sorted((total - x, i, vector) for i, (x, vector) in best.items())
    mixed = tuple((distance, Mixture(((i, total),), ((vector, Fraction(1)),))) for distance, i, vector in ranked)
    table = [dict(v) for v in over.vectors]
    support = {i for v in over.vectors for i, _ in v}
    seen: list[Fraction] = []
    while support:
        slack = max(total - sum((x for i, x in v.items() if i in support), Fraction(0)) for v in table)
        if slack == total:
            break
        chosen = tuple(((i, total),) for i in sorted(support))
        if slack not in seen:
            seen.append(slack)
            yield _Candidate(mixed, _dominate_by_units(over, chosen, total), slack)
        support.remove(
            min(
                support,
                key=lambda i: (max(sum(x for j, x in v.items() if j not in support or j == i) for v in table), i),
            )
        )
        if len(seen) > STEPS:
            break


def _dominate_by_units(over: Outcomes, units: tuple[Vector, ...], total: Fraction) -> Dominating:
    """Each outcome by its weights on the units; what lies elsewhere is spread in proportion."""
    place = {unit[0][0]: k for k, unit in enumerate(units)}
    members = set(units)
    dominated = []
    for vector in over.vectors:
        if vector in members:
            continue
        inside = [(place[i], x) for i, x in vector if i in place]
        mass = sum((x for _, x in inside), Fraction(0))
        dominated.append(Domination(vector, {k: x / mass for k, x in inside}))
    return Dominating(units, tuple(dominated), "the unit vectors on the states that B visits most")


def _round(vector: Vector, total: Fraction, parts: int) -> Vector:
    """The vector in multiples of total / parts, with the same sum: the largest remainders are rounded up."""
    unit = total / parts
    if unit == 0:
        return vector
    floors = {i: x // unit for i, x in vector}
    missing = parts - sum(floors.values())
    for i, _ in sorted(vector, key=lambda entry: (floors[entry[0]] - entry[1] / unit, entry[0]))[: int(missing)]:
        floors[i] += 1
    return tuple((i, floors[i] * unit) for i, _ in vector if floors[i])


def _dominate_nearly(over: Outcomes, chosen: tuple[Vector, ...]) -> tuple[Dominating, Fraction]:
    members = set(chosen)
    slack = Fraction(0)
    dominated = []
    for vector in over.vectors:
        if vector in members:
            continue
        distance, nearest = min((distance_to(vector, [(v, Fraction(1))]), k) for k, v in enumerate(chosen))
        slack = max(slack, distance)
        dominated.append(Domination(vector, {nearest: Fraction(1)}))
    return Dominating(chosen, tuple(dominated), "outcomes of B, rounded"), slack


def _arrangements(
    prefer: Outcomes, over: Sequence[Vector], is_permutable: Callable[[int], bool]
) -> tuple[tuple[Fraction, Mixture], ...]:
    """The values of each vector of B', put in the order of an outcome of A; the nearest first."""
    found: dict[Vector, tuple[Fraction, Mixture]] = {}
    known = set(prefer.vectors)
    used = sorted({i for v in (*prefer.vectors, *over) for i, _ in v if is_permutable(i)})
    shapes: dict[tuple[Vector, tuple[Fraction, ...]], None] = {}
    for vector in over:
        values = dict(vector)
        fixed = tuple((i, x) for i, x in vector if not is_permutable(i))
        shapes[fixed, tuple(sorted(values.get(i, Fraction(0)) for i in used))] = None
    for outcome in prefer.vectors:
        own = dict(outcome)
        order = sorted(used, key=lambda i: (own.get(i, Fraction(0)), i))
        for fixed, ranked in shapes:
            image = tuple(sorted((*fixed, *((i, x) for i, x in zip(order, ranked, strict=True) if x))))
            weights = ((image if image in known else outcome, Fraction(1)),)
            distance = distance_to(image, weights)
            if image not in found or distance < found[image][0]:
                found[image] = distance, Mixture(image, weights)
    return tuple(sorted(found.values(), key=lambda entry: (entry[0], entry[1].vector)))


def distance_to(vector: Vector, weights: Sequence[tuple[Vector, Fraction]]) -> Fraction:
    """The exact distance |x - y|_1 / 2 between a vector and a combination of vectors."""
    gap = dict(vector)
    for other, w in weights:
        for i, x in other:
            gap[i] = gap.get(i, Fraction(0)) - w * x
    return sum(map(abs, gap.values()), Fraction(0)) / 2


def find_nearest(vector: Vector, candidates: Sequence[Vector]) -> Weighted:
    """Exact convex weights over vectors of the same sum whose combination is nearest, up to a tolerance.

    **Cost:** one linear program.
    """
    from scipy.optimize import linprog

    coordinates = sorted({i for v in (vector, *candidates) for i, _ in v})
    tables = [dict(v) for v in candidates]
    own = dict(vector)
    matrix = np.array([[float(v.get(i, 0)) for v in tables] for i in coordinates])
    target = np.array([float(own.get(i, 0)) for i in coordinates])
    m, n = matrix.shape
    bounding = np.block([[matrix, -np.eye(m)], [-matrix, -np.eye(m)]])
    result = linprog(
        np.concatenate([np.zeros(n), np.full(m, 0.5)]),
        A_ub=bounding,
        b_ub=np.concatenate([target, -target]),
        A_eq=np.concatenate([np.ones(n), np.zeros(m)])[np.newaxis, :],
        b_eq=[1.0],
        bounds=(0, None),
        method="highs-ds",
    )
    weights = _exact_weights(result.x[:n].tolist() if result.x is not None else [1.0] + [0.0] * (n - 1))
    return tuple((candidates[j], w) for j, w in sorted(weights.items()))


def _exact_weights(floats: list[float]) -> dict[int, Fraction]:
    """Simple fractions near the floats that sum to 1; the largest takes up what is missing."""
    weights = {j: rationalize(w) for j, w in enumerate(floats) if w > 1e-7}
    top = max(weights, key=lambda j: weights[j])
    weights[top] += 1 - sum(weights.values())
    return weights
