"""The true constant of a question: the smallest share over all rewards, with a reward that attains it.

Outcomes of A u B that are no vertices of its convex hull can be dropped: almost every reward has one best vertex, and B
beats A strictly where it is a vertex outside A. Winning strictly is an open condition, so the smallest weak share is
attained by rewards without ties, and is the smallest over almost every reward. The strict share has no such minimum
over all rewards (a constant reward has 0); its constant is the smallest over almost every reward, which is the weak
constant of A without the outcomes of B.

Three facts shorten the search for the most that B can win, which is exact (see ``constants_regions``):

- If the permutations that map A u B to itself have orbits on the vertices in which A has the shares p_1, p_2, ..., the
  constant is at least the smallest of them (T2); if they are equal, every reward without ties has this share.
- With more permutable values than coordinates that matter, the share is the mean over the ways to leave out a value.
  So the constant for n values never decreases with n, and one reward that attains it for a larger n settles that n.
- No reward is better than a bound that is proved: the search stops when one is met.

The arithmetic is exact; ``constants_certified`` writes a certificate where it is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, product
from math import ceil, perm
from typing import Literal

from orbitwise.errors import InvalidInput, NotSupported, SolverFailed
from orbitwise.evidence.constants_cases import Cases, find_side_symmetries, list_cases
from orbitwise.evidence.constants_exclusions import exclusion_work, find_cliques
from orbitwise.evidence.constants_planes import make_planes
from orbitwise.evidence.constants_regions import Most, find_most
from orbitwise.evidence.constants_rewards import Pattern, iter_extended, iter_rounded, iter_simple, iter_untied
from orbitwise.evidence.counts import count_reduced
from orbitwise.evidence.counts_reduction import Reduction, reduce_outcomes
from orbitwise.evidence.kinds import NotAffordable
from orbitwise.evidence.symmetries import Permutation, Vector, find_symmetries, vector_orbits
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_vertices

__all__ = ["WORK_LIMIT", "Constant", "ConstantForm", "compare_vertices", "find_constant"]

ConstantForm = Literal["weak", "strict"]

WORK_LIMIT = 10**10  # elementary steps, about 10 s
PER_OUTCOME = 3_000_000  # elementary steps that deciding whether it is a vertex takes, about a nanosecond each
PER_CASE = 2_000
PER_FORM = 4_000
LONGEST = 4_096  # bits of a value of a reward
COUNT_LIMIT = 10**9
LADDERS = (2, 3, 5, 10)  # bases of simple rewards whose values seldom tie
MOST_STEPS = 10


@dataclass(frozen=True)
class Constant:
    """The exact minimum of the share over all rewards.

    Parameters
    ----------
    share
        The minimum, in [0, 1]; dimensionless.
    reward
        A reward that attains it, values of all d coordinates.
    form
        ``"weak"``: the share of A >= B, over all rewards. ``"strict"``: the share of A > B, over almost every reward
        (all but those on finitely many hyperplanes).
    how
        How it was found, in a few words.
    certified
        Whether a certificate with this bound is known (see :mod:`orbitwise.evidence.constants_certified`)
        beside it.
    """

    share: Fraction
    reward: tuple[Fraction, ...]
    form: ConstantForm
    how: str
    certified: bool = False


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the search knows about the question."""

    question: Question
    form: ConstantForm
    whole: Reduction  # of all outcomes, for exact counts
    reduction: Reduction  # of the vertices that count as A's, and those that count as B's
    symmetries: list[Permutation]  # of both sides
    lower: Fraction | None
    work_limit: int

    def share_of(self, reward: Sequence[Fraction]) -> Fraction | None:
        """The exact share of a reward; None when counting would take too long.

        None too when the form is strict and ties lower the share: such a reward is not among almost all.
        """
        counted = count_reduced(self.whole, reward, self.question.permutable, work_limit=COUNT_LIMIT)
        if isinstance(counted, NotAffordable):
            return None
        if self.form == "weak" or not self.reduction.n_prefer:
            return counted.share if self.form == "weak" else counted.strict_share
        vertices = count_reduced(self.reduction, reward, self.question.permutable, work_limit=COUNT_LIMIT)
        untied = not isinstance(vertices, NotAffordable) and vertices.share == counted.strict_share
        return counted.strict_share if untied else None

    def reward_of(self, values: Sequence[int], fixed: dict[int, int]) -> tuple[Fraction, ...]:
        """A reward with these values on the permutable coordinates, and on fixed ones by their position."""
        reward = [Fraction(0)] * self.question.n_coordinates
        for i, value in zip(self.question.permutable, values, strict=False):
            reward[i] = Fraction(value)
        for position, value in fixed.items():
            reward[self.reduction.fixed[position]] = Fraction(value)
        return tuple(reward)


def find_constant(
    question: Question,
    *,
    form: ConstantForm = "weak",
    lower: Fraction | None = None,
    work_limit: int = WORK_LIMIT,
) -> Constant | NotAffordable:
    """The exact minimum of the share of A against B over all rewards, and a reward that attains it.

    **Guarantee:** exact; no certificate yet. The share of the reward was counted independently of the search.
    **Cost:** what is known before a stage is compared with ``work_limit`` before that stage; the search of regions,
    whose length is not known before, stops at the limit. Without symmetry and with up to eight outcomes on each side,
    five coordinates that matter take about 0.2 s, six 1 to 3 s, seven mostly more than the limit; symmetry divides
    that. Where all vertices are alike by symmetry any number of coordinates is affordable.

    Parameters
    ----------
    question
        Which sets are compared, and which coordinates permute.
    form
        ``"weak"`` or ``"strict"``, see :class:`Constant`.
    lower
        A bound of this form that is proved for every reward, such as a certificate's; the search stops when it is met.
    work_limit
        Elementary steps allowed, about a nanosecond each.

    Returns
    -------
    The constant, or why it is not affordable, with the fractions between which it lies where they are known.

    Raises
    ------
    InvalidInput
        ``lower`` is no bound: a reward with a smaller share was found.
    SolverFailed
        The count of the reward contradicts the search; this would be an error in the package.

    Examples
    --------
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> question = ask_vectors(prefer=[["1/2", "1/2", 0], [0, 0, 1]], over=[[1, 0, 0], [0, 1, 0]])
    >>> find_constant(question).share
    Fraction(1, 3)
    """
    if form not in ("weak", "strict"):
        raise InvalidInput(f"expected weak or strict, found {form!r}", where="form")
    listed = question.outcomes
    if isinstance(listed, NotSupported):
        return NotAffordable(0, work_limit, f"the constant needs the outcomes listed: {listed.message}")
    n_outcomes = sum(map(len, listed))
    work = n_outcomes * (PER_OUTCOME + n_outcomes * question.n_coordinates)
    if work > work_limit:
        return NotAffordable(work, work_limit, f"finding the vertices of {n_outcomes:,} outcomes takes too long")
    prefer, over, shares = compare_vertices(question, listed, form)
    d = question.n_coordinates
    ground = _Ground(
        question,
        form,
        whole=reduce_outcomes(*listed, None, question.permutable),
        reduction=reduce_outcomes(Outcomes(prefer, d), Outcomes(over, d), None, question.permutable),
        symmetries=find_side_symmetries(question, prefer, over),
        lower=lower,
        work_limit=work_limit,
    )
    found = _find_alike(ground, shares[0]) if shares[0] == shares[-1] else None
    return _checked(found or _search(ground, max(shares[0], lower or Fraction(0)), work), lower)


def _checked(found: Constant | NotAffordable, lower: Fraction | None) -> Constant | NotAffordable:
    """What was found, unless it contradicts the bound that was given."""
    if isinstance(found, Constant) and lower is not None and found.share < lower:
        reward = ", ".join(map(str, found.reward))
        raise InvalidInput(
            f"expected a bound for every reward, found {lower}, but the reward ({reward}) has the share "
            f"{found.share}; leave the bound out",
            where="lower",
        )
    return found


def compare_vertices(
    question: Question, listed: tuple[Outcomes, Outcomes], form: ConstantForm
) -> tuple[tuple[Vector, ...], tuple[Vector, ...], list[Fraction]]:
    """The vertices of A u B that count as A's and as B's, and A's sorted shares of their orbits under symmetry."""
    union = question.all_outcomes
    if isinstance(union, NotSupported):
        raise union
    vertices = [union.vectors[i] for i in find_vertices(union)]
    first = set(listed[0].vectors if form == "weak" else listed[1].vectors)
    inside = tuple(v for v in vertices if v in first)
    outside = tuple(v for v in vertices if v not in first)
    prefer, over = (inside, outside) if form == "weak" else (outside, inside)
    members = set(prefer)
    generators = find_symmetries(vertices, is_permutable=lambda i: bool(question.permutable_mask[i]))
    orbits = vector_orbits(vertices, generators)
    return prefer, over, sorted(Fraction(sum(vertices[k] in members for k in o), len(o)) for o in orbits)


def _find_alike(ground: _Ground, share: Fraction) -> Constant | None:
    """The constant when all rewards without ties have one share, with a simple one of them; None when none is short.

    Powers of a base larger than every difference of two entries never tie: the highest power decides.
    """
    n, fixed = len(ground.question.permutable), range(len(ground.reduction.fixed))
    how = "by symmetry every reward without ties has this share"
    ladders = [list(range(1, n + len(fixed) + 1)), *([b**i for i in range(n + len(fixed))] for b in LADDERS)]
    for ladder in ladders[: 1 if n > MOST_STEPS else None]:
        plain = ground.reward_of(ladder[n - 1 :: -1] if n else [], dict(zip(fixed, ladder[n:], strict=True)))
        if ground.share_of(plain) == share:
            return Constant(share, plain, ground.form, how)
    base = 2 * ground.whole.largest + 2
    if (n + len(fixed)) * base.bit_length() > LONGEST:
        return None
    powers = [base**i for i in reversed(range(n + len(fixed)))]
    reward = ground.reward_of(powers[:n], dict(zip(fixed, powers[n:], strict=True)))
    counted = ground.share_of(reward)
    if counted is not None and counted != share:
        raise SolverFailed(f"expected the share {share} by symmetry, counted {counted}; please report the question")
    return Constant(share, reward, ground.form, how)


def _search(ground: _Ground, floor: Fraction, spent: int) -> Constant | NotAffordable:
    """The constant, by the search over ever more values: a reward that meets the constant for fewer ends it.

    ``floor`` is a bound for every reward.
    """
    n_mattering = ground.reduction.n_mattering
    n_permutable = len(ground.question.permutable) if n_mattering else 1
    best: Constant | None = None
    for n_values in range(max(n_mattering, 1), n_permutable + 1):
        n_cases = perm(n_values, n_mattering)
        work = spent + n_cases * PER_CASE * (1 + len(ground.symmetries))
        if work > ground.work_limit:
            reason = f"{n_cases:,} ways to give {n_values} values to {n_mattering} coordinates have to be gone through"
            return _refuse(ground, work, reason, floor, best)
        cases = list_cases(ground.reduction, ground.symmetries, n_values)
        work += _preparation_work(cases)
        if work > ground.work_limit:
            n_cases, n_rows, _ = cases.forms.shape
            reason = f"{n_cases:,} cases with {n_rows} outcomes each have to be compared with each other"
            return _refuse(ground, work, reason, floor, best)
        most = _find_most(cases, ceil(cases.total * (1 - floor)), ground.work_limit - work)
        spent = work + most.steps
        share = 1 - Fraction(most.weight, cases.total)
        how = f"branch and bound over {len(cases.weights):,} cases, regions looked at: {most.regions:,}"
        best = _best_reward(ground, cases, most, n_permutable, how, best)
        if n_values == n_permutable and (best is None or best.share > share):
            raise SolverFailed(f"expected a reward of share {share}, counted {best}; please report the question")
        if share > floor and most.bound > most.weight:
            floor = max(floor, 1 - Fraction(most.bound, cases.total))
            reason = f"{most.regions:,} regions of rewards were not enough"
            return _refuse(ground, spent, reason, floor, best)
        floor = max(floor, share)
        if best is not None and best.share <= floor:
            return best
    raise SolverFailed("expected a reward that attains the constant, found none; please report the question")


def _preparation_work(cases: Cases) -> int:
    """Elementary steps before the regions are searched, at most."""
    n_cases, n_rows, k = cases.forms.shape
    n_over = n_rows - cases.n_prefer
    forms = n_cases * n_over * cases.n_prefer
    cones = 1 << len(cases.free)
    work: int = cones * (forms * PER_FORM + exclusion_work(n_cases, n_over, cases.n_prefer, k))
    return work


def _find_most(cases: Cases, enough: int, step_limit: int) -> Most:
    """The most that B can win at any gaps, and free coordinates of either sign."""
    found = Most(weight=-1, point=None, bound=-1, regions=0, steps=0)
    for flips in product((1, -1), repeat=len(cases.free)):
        planes = make_planes(cases, flips)
        cliques = find_cliques(planes, cases.weights)
        most = find_most(
            planes,
            cases.weights,
            cliques,
            known=found.weight,
            enough=enough,
            step_limit=step_limit - found.steps,
        )
        n_gaps = cases.n_values - 1
        point = found.point if most.point is None else _flipped(most.point, n_gaps, flips)
        found = Most(
            most.weight, point, max(found.bound, most.bound), found.regions + most.regions, found.steps + most.steps
        )
    return found


def _flipped(point: Sequence[int], n_gaps: int, flips: Sequence[int]) -> tuple[int, ...]:
    return (*point[:n_gaps], *(flip * x for flip, x in zip(flips, point[n_gaps:], strict=True)))


def _best_reward(
    ground: _Ground, cases: Cases, most: Most, n_permutable: int, how: str, best: Constant | None
) -> Constant | None:
    """The best reward known, with those that the search found, extended to all values; in small numbers."""
    if most.point is None:
        return best
    found: Pattern | None = None
    least = None if best is None else best.share
    extended = iter_extended(*cases.values_at(most.point), n_permutable)
    for pattern in extended if ground.form == "weak" else iter_untied(extended, ground.whole.largest):
        share = ground.share_of(ground.reward_of(*pattern))
        if share is not None and (least is None or share < least):
            least, found = share, pattern
    if least is None or found is None:
        return best
    for pattern in chain(iter_simple(n_permutable, found[1]), iter_rounded(*found)):
        reward = ground.reward_of(*pattern)
        if ground.share_of(reward) == least:
            return Constant(least, reward, ground.form, how)
    return best


def _refuse(ground: _Ground, work: int, reason: str, floor: Fraction, best: Constant | None) -> NotAffordable:
    """What was not affordable, and what is known nevertheless."""
    known = f"it is at least {floor}" if best is None else f"it lies between {floor} and {best.share}"
    advice = "permute fewer coordinates, ask about fewer outcomes, or allow more work"
    return NotAffordable(
        work,
        ground.work_limit,
        f"the constant was not found within {ground.work_limit:,} elementary steps: {reason}; {known}; {advice}",
    )
