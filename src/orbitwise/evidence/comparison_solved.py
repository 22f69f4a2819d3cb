"""Comparing policy sets whose outcomes cannot be listed: the solvers decide, or bound honestly.

No optimality equation gives the best value of policies that *must* do something (enter a set with positive probability
in a random environment, or end somewhere under discounting). Then let U be the same policies without that duty, and
N_i those of them that never enter the i-th set. h_U bounds the value from above; it is the value itself where
h_U > max h_(N_i), because then whoever attains h_U enters. Under average reward the policies that surely enter
bound it from below. For Blackwell optimality values are series, of which gains are the first terms: those decide most
rewards, and only where they tie exactly the others are asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.signs import Signs
from orbitwise.outcomes.arenas import make_arena
from orbitwise.outcomes.policies import PolicySet
from orbitwise.outcomes.question import Play, Question
from orbitwise.rewards.batches import RewardBatch, scale_to_integers
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.blackwell import BlackwellPlan, compare_exactly, prepare_blackwell
from orbitwise.solvers.discounted_difference import DifferencePlan, plan_difference
from orbitwise.solvers.discounted_signs import compare_planned
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_exact import gain_exactly
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.solvers.gain_signs import compare_gains
from orbitwise.solvers.reachability import find_reachable, restrict_to_nodes
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["Solved", "compare_solved", "find_visited_states", "prepare_solved", "steps_of_solving"]

SWEEP_STEPS = 20  # elementary steps for each transition: certified intervals
CYCLE_STEPS = 50  # the same for exact cycle means,
GAIN_STEPS = 5_000  # exact gains of random plays,
VALUE_STEPS = 5_000  # exact discounted values,
SERIES_STEPS = 300_000  # and series near discount 1
FRACTION_STEPS = 5_000_000  # of the latter three, whatever the size
EXACT_FLOAT = 2**53  # integers below it are exact in doubles
UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class _Duel:
    """Two plays that the solvers can compare, and what that costs."""

    problem: tuple[GainProblem, GainProblem] | DifferencePlan | BlackwellPlan
    n_transitions: int

    @property
    def exact_steps(self) -> int:
        """Elementary steps of an exact comparison."""
        if isinstance(self.problem, DifferencePlan):
            return FRACTION_STEPS + self.n_transitions * VALUE_STEPS
        if isinstance(self.problem, BlackwellPlan):
            return 2 * FRACTION_STEPS + self.n_transitions * (GAIN_STEPS + SERIES_STEPS)
        if all(gain.is_deterministic for gain in self.problem):
            return self.n_transitions * CYCLE_STEPS
        return FRACTION_STEPS + self.n_transitions * GAIN_STEPS


@dataclass(frozen=True, eq=False)
class Solved:
    """How the solvers compare A and B: without their duties, and what shows that a duty costs nothing."""

    free: _Duel  # U_A against U_B
    prefer_attained: tuple[_Duel, ...] | None  # U_A against each N_i; None: cannot be shown; (): A has no duty
    over_attained: tuple[_Duel, ...] | None
    prefer_low: _Duel | None  # those of A that surely enter, against U_B
    over_low: _Duel | None  # U_A against those of B that surely enter
    visited: IntArray  # coordinates on which the values can depend


def prepare_solved(question: Question, play: Play) -> Solved:
    """What the solvers need to compare A and B, whatever the reward.

    **Cost:** linear in the transitions times the few rounds that end components need.
    """
    criterion = question.criterion
    if criterion.discounts is not None:
        raise NotSupported("expected one discount to compare rewards at, found many; ask for one discount")
    near_one = criterion.kind == "blackwell"
    discount = Fraction(1, 2) if near_one else criterion.discount  # any one shows what a duty forbids

    def duel(first: Arena, second: Arena) -> _Duel:
        size = len(first.graph.successors) + len(second.graph.successors)
        if near_one:
            return _Duel(prepare_blackwell(first, second), size)
        if discount is not None:
            return _Duel(plan_difference(first, second, discount), size)
        return _Duel((prepare_gain(first), prepare_gain(second)), size)

    ours, theirs = (_without_duty(arena, discount) for arena in (play.prefer_arena, play.over_arena))
    our_sure, their_sure = (
        _surely_entering(arena) if discount is None and free is not arena else None
        for arena, free in ((play.prefer_arena, ours), (play.over_arena, theirs))
    )

    def attained(free: Arena, arena: Arena, policies: PolicySet) -> tuple[_Duel, ...] | None:
        if free is arena:
            return ()
        if discount is not None and arena.end_nodes is not None:
            return None
        return tuple(duel(free, other) for other in _never_entering(play, policies))

    return Solved(
        free=duel(ours, theirs),
        prefer_attained=attained(ours, play.prefer_arena, play.prefer),
        over_attained=attained(theirs, play.over_arena, play.over),
        prefer_low=None if our_sure is None else duel(our_sure, theirs),
        over_low=None if their_sure is None else duel(ours, their_sure),
        visited=np.union1d(*find_visited_states(question)),
    )


def _without_duty(arena: Arena, discount: Fraction | None) -> Arena:
    """The arena itself if a solver can value it, else the same without its duty."""
    try:
        if discount is None:
            prepare_gain(arena)
        else:
            plan_difference(arena, arena, discount)
    except NotSupported:
        return replace(arena, full_memory=0, end_nodes=arena.end_nodes if discount is None else None)
    return arena


def _never_entering(play: Play, policies: PolicySet) -> list[Arena]:
    """The policies without the duty that never enter one of the sets, for each set that can be left out."""
    found = []
    for members in policies.enter:
        other = replace(policies, enter=(), avoid=policies.avoid | members)
        try:
            found.append(make_arena(play.environment, play.at, other, where=policies.text))
        except InvalidInput:  # nobody can leave it out
            continue
    return found


def _surely_entering(arena: Arena) -> Arena | None:
    """The policies that almost surely have entered everything in the end, if there are any."""
    full = (arena.node_memory & arena.full_memory) == arena.full_memory
    ends = full if arena.end_nodes is None else full & arena.end_nodes
    sure = replace(arena, full_memory=0, end_nodes=ends)
    try:
        prepare_gain(sure)
    except InvalidInput:
        return None
    return sure


def compare_solved(solved: Solved, rewards: RewardBatch) -> Signs:
    """The sign of h_A - h_B for each reward; rewards that agree on the visited states are solved once.

    **Guarantee:** the exact sign lies in the interval. **Cost:** one to a few batched solves.
    """
    if rewards.codes is None:
        return _compare_distinct(solved, rewards)
    first: dict[bytes, int] = {}  # the distinct rewards, in the order in which they come
    places = np.array([first.setdefault(row.tobytes(), len(first)) for row in rewards.codes[:, solved.visited]])
    _, rows = np.unique(places, return_index=True)
    found = _compare_distinct(solved, rewards.rows(rows))
    return Signs(found.low[places], found.high[places], found.steps)


def _compare_distinct(solved: Solved, rewards: RewardBatch) -> Signs:
    free = _fight(solved.free, rewards)
    low, low_steps = _bounded(free.low, solved.prefer_attained, solved.prefer_low, rewards, worst=-1)
    high, high_steps = _bounded(free.high, solved.over_attained, solved.over_low, rewards, worst=1)
    return Signs(low, high, free.steps + low_steps + high_steps)


def _bounded(
    free: IntArray, attained: tuple[_Duel, ...] | None, sure: _Duel | None, rewards: RewardBatch, *, worst: int
) -> tuple[IntArray, int]:
    """One end of the sign interval: that of the free plays where their value is attained, else the sure one's."""
    if attained == ():
        return free, 0
    steps = 0
    found = np.full(len(rewards), worst)
    rest = np.flatnonzero(free != worst)
    proved = np.full(len(rest), attained is not None)
    for duel in attained or ():
        signs = _fight(duel, rewards.rows(rest))
        proved &= signs.low > 0
        steps += signs.steps
    found[rest[proved]] = free[rest[proved]]
    rest = rest[~proved]
    if sure is not None and len(rest):
        signs = _fight(sure, rewards.rows(rest))
        found[rest] = signs.low if worst < 0 else signs.high
        steps += signs.steps
    return found, steps


def _fight(duel: _Duel, rewards: RewardBatch) -> Signs:
    """Signs of two plays' difference of values."""
    if isinstance(duel.problem, BlackwellPlan):
        return _fight_near_one(duel.problem, duel, rewards)
    floats, exact = _rewards_to_solve(rewards)
    if isinstance(duel.problem, DifferencePlan):
        planned = compare_planned(duel.problem, floats, exact_reward=None if exact else rewards.exact)
        signs, decided, n_exact = planned.signs, planned.decided, planned.n_exact
    elif exact:
        gains = compare_gains(*duel.problem, floats)
        signs, decided, n_exact = gains.signs, gains.decided, gains.n_close
    else:
        signs, decided, n_exact = _compare_rounded(*duel.problem, rewards)
    steps = len(rewards) * duel.n_transitions * SWEEP_STEPS + n_exact * duel.exact_steps
    return Signs(np.where(decided, signs, -1), np.where(decided, signs, 1), steps)


def _fight_near_one(plan: BlackwellPlan, duel: _Duel, rewards: RewardBatch) -> Signs:
    """Signs by gains, and where these tie by all that comes after."""
    gains = _fight(_Duel(plan.gains, duel.n_transitions), rewards)
    low, high = gains.low.copy(), gains.high.copy()
    tied = np.flatnonzero((low == 0) & (high == 0)).tolist()
    for row in tied:
        try:
            low[row] = high[row] = compare_exactly(plan, rewards.exact(row))
        except NotSupported:
            low[tied], high[tied] = -1, 1
            break
    return Signs(low, high, gains.steps + len(tied) * duel.exact_steps)


def _rewards_to_solve(rewards: RewardBatch) -> tuple[FloatArray, bool]:
    """The rewards as doubles, up to a common positive factor, and whether these are the exact rewards."""
    if rewards.values is None or rewards.codes is None:
        return rewards.floats, True
    whole = scale_to_integers(rewards.values)
    if max(map(abs, whole), default=0) >= EXACT_FLOAT:
        return rewards.floats, all(Fraction(float(x)) == x for x in rewards.values)
    return np.array(whole, dtype=np.float64)[rewards.codes], True


def _compare_rounded(first: GainProblem, second: GainProblem, rewards: RewardBatch) -> tuple[IntArray, BoolArray, int]:
    """Signs for rewards that the doubles only approximate: a gain moves by no more than the rewards do."""
    ours, theirs = bound_gain(first, rewards.floats), bound_gain(second, rewards.floats)
    slack = 4 * UNIT * np.abs(rewards.floats).max(axis=1) + 1e-300
    signs = (ours.low - theirs.high > slack).astype(np.int64) - (theirs.low - ours.high > slack)
    decided = signs != 0
    meeting = np.flatnonzero(~decided)
    for row in meeting.tolist():
        reward = rewards.exact(row)
        try:
            difference = gain_exactly(first, reward) - gain_exactly(second, reward)
        except NotSupported:
            break
        signs[row] = (difference > 0) - (difference < 0)
        decided[row] = True
    return signs, decided, len(meeting)


def find_visited_states(question: Question) -> tuple[IntArray, IntArray]:
    """States on which the values of A's plays and of B's plays can depend, each sorted.

    **Guarantee:** complete; under average reward only states of reachable end components.
    **Cost:** linear in the transitions times the few rounds that end components need.
    """
    if question.situations:
        found = [find_visited_states(part) for part in question.situations]
        ours, theirs = (np.unique(np.concatenate(side)) for side in zip(*found, strict=True))
        return ours, theirs
    if question.play is None:
        return np.arange(question.n_coordinates), np.arange(question.n_coordinates)
    average = question.criterion.kind == "average"
    prefer, over = (_visited(arena, average) for arena in (question.play.prefer_arena, question.play.over_arena))
    return prefer, over


def _visited(arena: Arena, average: bool) -> IntArray:
    reached = find_reachable(arena.graph, arena.initial_nodes)
    if not average:
        return np.unique(np.concatenate([arena.prefix, arena.node_states[reached]]))
    inside, _ = restrict_to_nodes(arena.graph, reached)
    return np.unique(arena.node_states[find_end_components(inside).component >= 0])


def steps_of_solving(solved: Solved, *, exact: bool) -> int:
    """Elementary steps that comparing one reward takes, about: if its sign needs exact arithmetic, or if not."""
    duels = [solved.free, *(solved.prefer_attained or ()), *(solved.over_attained or ())]
    duels += [duel for duel in (solved.prefer_low, solved.over_low) if duel is not None]
    return sum(duel.exact_steps if exact else duel.n_transitions * SWEEP_STEPS for duel in duels)
