"""Witnesses: one reward whose share is small, so that no bound for every reward can be larger.

The search goes through simple patterns (see ``witness_patterns``), improves the best of them by small changes, lets the
gaps between their values climb at random (``witness_climb``), and stops at once when a share equals the bound to be
matched. It counts exactly wherever that is affordable. Patterns whose
orbits are too large are compared by sampling, and the one that looks worst is then sampled afresh, so that the interval
that is reported was not chosen for its luck. Effort is counted in elementary steps, never in seconds: the same question
and seed give the same witness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.evidence.comparison import Comparison, prepare_comparison, steps_of_solving
from orbitwise.evidence.comparison_solved import find_visited_states
from orbitwise.evidence.counts import count_reduced, count_work
from orbitwise.evidence.counts_implicit import tally_orbit
from orbitwise.evidence.counts_reduction import Reduction, reduce_outcomes, reduce_values
from orbitwise.evidence.estimates import estimate_prepared
from orbitwise.evidence.kinds import Estimate, NotAffordable, Witness
from orbitwise.evidence.witness_climb import climb_gaps, iter_rounded_patterns
from orbitwise.evidence.witness_patterns import (
    Pattern,
    iter_ladders,
    iter_neighbors,
    iter_patterns,
    iter_random_patterns,
    iter_simpler,
    reward_of,
)
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes

__all__ = ["find_witness"]

TRIALS = 600  # patterns counted exactly
TRIAL_STEPS = 2 * 10**8  # elementary steps allowed to one of them, about 0.2 s
SOLVE_STEPS = 15 * 10**8  # the same where every reward must be solved
TOTAL_STEPS = 3 * 10**9
CLIMBS = 3  # patterns that are improved
GAP_STEPS = 16 * 10**8  # elementary steps of the random climb
STARTS = 12  # patterns that it begins with
ROUNDED = 4  # of its candidates are made patterns
SIMPLER_STEPS = 5 * 10**8  # kept for making the worst pattern simpler,
SIMPLER_TRIALS = 60  # and as many patterns
LOOKS = 40  # patterns compared by sampling
LOOK_SAMPLES = 512
FINAL_SAMPLES = 20_000
FEWEST_SAMPLES = 64
ROUNDING = 1e-9
PER_PATTERN = 200_000  # steps that any pattern costs
PER_COORDINATE = 5_000  # and for each coordinate


@dataclass(frozen=True, eq=False)
class _Ground:
    """What a question looks like to the search.

    ``measure`` gives the exact share of a reward and the steps it took, or None and 0 when it is not affordable.
    """

    question: Question
    order: tuple[int, ...]  # permutable coordinates, those that speak for B first
    fixed: tuple[int, ...]  # fixed coordinates that matter
    leanings: tuple[int, ...]  # (n_fixed,) 1: speaks for B, -1: for A
    signed: bool  # whether adding a constant to the reward can change a comparison
    reduction: Reduction | None  # of listed outcomes
    trial_steps: int  # elementary steps allowed to one measurement
    measure: Callable[[tuple[Fraction, ...], int], tuple[Fraction | None, int]]

    def reward(self, pattern: Pattern) -> tuple[Fraction, ...]:
        """A reward with this pattern."""
        return reward_of(pattern, self.question.n_coordinates, self.order, self.fixed)


@dataclass(eq=False)
class _Search:
    """The state of a search: what was tried, what it found, what may still be spent."""

    ground: _Ground
    bound: Fraction | None
    steps_left: int
    trials_left: int
    shares: dict[object, Fraction] = field(default_factory=dict)  # by pattern key
    best: list[tuple[Fraction, int, int, int, Pattern]] = field(default_factory=list)  # sorted, see ``_try``
    skipped: list[Pattern] = field(default_factory=list)  # not affordable exactly
    promising: list[Pattern] = field(default_factory=list)  # those of the random climb

    @property
    def done(self) -> bool:
        """Whether the bound is met, or nothing may be spent any more."""
        return self.spent or (bool(self.best) and self.bound is not None and self.best[0][0] <= self.bound)

    @property
    def spent(self) -> bool:
        """Whether nothing may be spent any more."""
        return self.steps_left <= 0 or self.trials_left <= 0


def find_witness(
    question: Question, *, seed: int = 0, bound: Fraction | None = None, effort: float = 1.0
) -> Witness | None:
    """A reward with the smallest weak share found, the simplest among equals.

    **Guarantee:** an exact share is exact, hence an upper bound on every bound for all rewards; an estimated one has an
    interval of level 0.99 from samples of its own. That no reward does worse is not claimed.
    **Cost:** about 3 x 10^9 elementary steps (3 s) x ``effort``, and as much again when orbits must be sampled.

    Parameters
    ----------
    question
        Which sets are compared, and which coordinates permute.
    seed
        Seed of the random patterns and samples.
    bound
        A proved lower bound for every reward; the search stops when a share equals it, since none can be smaller.
    effort
        Multiplies everything that may be spent.

    Returns
    -------
    The witness, or None when there was no pattern whose share could be found.

    Examples
    --------
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    >>> find_witness(question).share
    Fraction(2, 3)
    """
    comparison: Comparison | None = None
    sides = question.proof_outcomes if question.criterion.kind == "blackwell" else question.outcomes
    if isinstance(sides, NotSupported):
        comparison = prepare_comparison(question)
        ground = _solved_ground(question, comparison)
    else:
        ground = _listed_ground(question, sides)
    search = _Search(ground, bound, int(TOTAL_STEPS * effort), int(TRIALS * effort))
    n_permutable, n_fixed = len(ground.order), len(ground.fixed)
    _try_all(search, iter_patterns(n_permutable, ground.leanings, signed=ground.signed), share_of_budget=0.6)
    _climb(search, CLIMBS)
    if not _climb_gaps(search, seed, effort):
        _try_all(search, iter_random_patterns(n_permutable, n_fixed, seed=seed, number=int(100 * effort)), 0.7)
    _climb(search, 1)
    search.steps_left = max(search.steps_left, int(SIMPLER_STEPS * effort))
    search.trials_left = max(search.trials_left, int(SIMPLER_TRIALS * effort))
    _simplify(search)
    exact = _exact_witness(search)
    if search.bound is not None and exact is not None and exact.share == search.bound:
        return exact
    sampled = _sampled_witness(search, comparison or prepare_comparison(question), seed, effort)
    if sampled is None or sampled.estimate is None:
        return exact
    if exact is None or exact.share is None or sampled.estimate.high < exact.share:
        return sampled
    return exact


def _listed_ground(question: Question, sides: tuple[Outcomes, Outcomes]) -> _Ground:
    reduction = reduce_outcomes(*sides, None, question.permutable)
    lean = [over - prefer for prefer, over in map(reduction.best, (*reduction.columns, *reduction.fixed_columns))]
    groups = {i: lean[g] for g, group in enumerate(reduction.groups) for i in group}
    sums = [0] * reduction.n_rows
    for column, group in zip(reduction.columns, reduction.groups, strict=True):
        for row, x in column:
            sums[row] += len(group) * x

    def measure(reward: tuple[Fraction, ...], limit: int) -> tuple[Fraction | None, int]:
        if question.criterion.kind != "blackwell":
            return _count_share(reduction, question, reward, limit)
        packed = question.outcomes_for(reward)
        if isinstance(packed, NotSupported):
            return None, 0
        return _count_share(reduce_outcomes(*packed, None, question.permutable), question, reward, limit)

    return _Ground(
        question,
        order=tuple(sorted(question.permutable, key=lambda i: (-groups.get(i, 0), i))),
        fixed=reduction.fixed,
        leanings=tuple((x > 0) - (x < 0) for x in lean[len(reduction.groups) :]),
        signed=len(set(sums)) > 1,
        reduction=reduction,
        trial_steps=TRIAL_STEPS,
        measure=measure,
    )


def _count_share(
    reduction: Reduction, question: Question, reward: tuple[Fraction, ...], limit: int
) -> tuple[Fraction | None, int]:
    work = count_work(reduction, reduce_values(reduction, reward, question.permutable))
    if work > limit:
        return None, 0
    counted = count_reduced(reduction, reward, question.permutable, work_limit=limit)
    return (None, 0) if isinstance(counted, NotAffordable) else (counted.share, work)


def _solved_ground(question: Question, comparison: Comparison) -> _Ground:
    prefer, over = (set(side.tolist()) for side in find_visited_states(question))
    visited = np.array(sorted(prefer | over))
    lean = {i: int(i in over) - int(i in prefer) for i in prefer | over}
    fixed = tuple(i for i in visited.tolist() if not question.permutable_mask[i])

    def measure(reward: tuple[Fraction, ...], limit: int) -> tuple[Fraction | None, int]:
        tally = tally_orbit(question, comparison, visited, reward, work_limit=limit)
        return (None, 0) if isinstance(tally, NotAffordable) else (tally.share, tally.steps)

    return _Ground(
        question,
        order=tuple(sorted(question.permutable, key=lambda i: (-lean.get(i, 0), i))),
        fixed=fixed,
        leanings=tuple(lean[i] for i in fixed),
        signed=bool(fixed),
        reduction=None,
        trial_steps=SOLVE_STEPS,
        measure=measure,
    )


def _try(search: _Search, pattern: Pattern) -> Fraction | None:
    """The exact share of a pattern, if affordable; remembered, and paid for."""
    known = search.shares.get(pattern.key)
    if known is not None:
        return known
    ground = search.ground
    share, steps = ground.measure(ground.reward(pattern), min(ground.trial_steps, search.steps_left))
    search.steps_left -= steps + PER_PATTERN + PER_COORDINATE * ground.question.n_coordinates
    search.trials_left -= 1
    if share is None:
        search.skipped.append(pattern)
        return None
    search.shares[pattern.key] = share
    search.best.append((share, pattern.n_values, pattern.largest, len(search.best), pattern))
    search.best.sort(key=lambda found: found[:4])  # the simplest among equals first
    return share


def _try_all(search: _Search, patterns: Iterable[Pattern], share_of_budget: float) -> None:
    floor = int(search.steps_left * (1 - share_of_budget))
    for pattern in patterns:
        if search.done or search.steps_left < floor:
            return
        _try(search, pattern)


def _climb(search: _Search, n_starts: int) -> None:
    """Improve the best patterns by the best small change each, while there is one."""
    for share, *_, start in search.best[:n_starts]:
        current, pattern = share, start
        improved = True
        while improved and not search.done:
            improved = False
            for neighbor in iter_neighbors(pattern):
                found = None if search.done else _try(search, neighbor)
                if found is not None and found < current:
                    current, better, improved = found, neighbor, True
            if improved:
                pattern = better


def _climb_gaps(search: _Search, seed: int, effort: float) -> bool:
    """Let the gaps of the best patterns climb at random, and count what comes of it; False where that is impossible."""
    ground = search.ground
    if ground.reduction is None or search.done:
        return search.done
    starts = [pattern for *_, pattern in search.best[:STARTS]]
    found = climb_gaps(
        ground.reduction,
        len(ground.order),
        [([value for value, times in p.levels for _ in range(times)], p.fixed) for p in starts],
        signed=ground.signed,
        seed=seed,
        max_steps=min(int(GAP_STEPS * effort), search.steps_left),
        bound=float(search.bound or 0),
    )
    if found is None:
        return False
    search.steps_left -= found.steps
    for share, pattern in iter_rounded_patterns(found, ROUNDED):
        known = float(search.best[0][0]) if search.best else 1.0
        if search.done or (found.exhaustive and known <= share + ROUNDING):
            break
        search.promising.append(pattern)
        _try(search, pattern)
    return True


def _simplify(search: _Search) -> None:
    """Merge levels of the best pattern and narrow its gaps while that does not cost anything."""
    simplest = None
    while search.best and search.best[0][-1] is not simplest and not search.spent:
        simplest = search.best[0][-1]
        if simplest.n_values <= 2 and simplest.largest <= 1:
            return
        for simpler in iter_simpler(simplest):
            if not search.spent:
                _try(search, simpler)


def _exact_witness(search: _Search) -> Witness | None:
    if not search.best:
        return None
    share, *_, pattern = search.best[0]
    return Witness(search.ground.reward(pattern), share, None, pattern.how)


def _sampled_witness(search: _Search, comparison: Comparison, seed: int, effort: float) -> Witness | None:
    """The pattern that looks worst among those too large to count, if it looks worse than the best exact one."""
    ground, left = search.ground, int(TOTAL_STEPS * effort)
    if FEWEST_SAMPLES * steps_of_solving(comparison, exact=False) > left:
        return None

    def look(pattern: Pattern, samples: int, seed: int) -> tuple[Estimate, int]:
        return estimate_prepared(
            ground.question,
            comparison,
            ground.reward(pattern),
            precision=0.01,
            level=0.99,
            seed=seed,
            max_samples=samples,
            max_steps=left,
        )

    looks: list[tuple[float, int]] = []
    ladders = iter_ladders(len(ground.order), ground.leanings)
    open_patterns = {p.key: p for p in (*search.skipped, *ladders) if p.key not in search.shares}
    promising = [open_patterns.pop(p.key) for p in search.promising[::-1] if p.key in open_patterns]
    number = int(LOOKS * effort)
    candidates = [*promising[: number // 2], *_spread(list(open_patterns.values()), number - number // 2)]
    for i, pattern in enumerate(candidates):
        found, steps = look(pattern, LOOK_SAMPLES, seed)
        looks.append((found.share, i))
        left -= steps
        if left <= 0:
            break
    if not looks or (search.best and min(looks)[0] >= search.best[0][0]):
        return None
    pattern = candidates[min(looks)[1]]
    left = int(TOTAL_STEPS * effort)
    return Witness(ground.reward(pattern), None, look(pattern, FINAL_SAMPLES, seed + 1)[0], pattern.how)


def _spread(patterns: list[Pattern], number: int) -> list[Pattern]:
    """Some of the patterns: those of most values, whose rewards seldom tie, and as many spread over the others."""
    ranked = sorted(patterns, key=lambda pattern: -pattern.n_values)
    first, rest = ranked[: number // 2], ranked[number // 2 :]
    places = np.unique(np.linspace(0, len(rest) - 1, min(number - len(first), len(rest))).astype(np.int64))
    return [*first, *(rest[i] for i in places.tolist())]
