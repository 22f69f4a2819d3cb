"""Certified optimal discounted values V*(u) = max over policies of E sum_t g^t r(u_t), for many rewards at once.

The rewards are centered (adding a constant m to every reward adds m / (1 - g) to every value), solved in blocks by
whichever kernel a pilot run on the first block finds cheapest, and certified by MacQueen's residual bounds
(``discounted_kernels.certify``). This file turns residuals into intervals that hold in exact arithmetic: with u =
2^-53, k the longest choice, M the largest |V| and R the range of the rewards, one backup is computed within
(k + 12) u (M + R); that is added to the residuals before they are divided by 1 - g, and every later operation is
rounded outward.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted_blocks import METHODS, RESERVE, UNIT, BlockResults, SignQuestion, solve_blocks
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
from orbitwise.solvers.lanes import LANES
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["ValueBounds", "bound_discounted", "bound_planned"]

IndexArray = npt.NDArray[np.signedinteger]
BitArray = npt.NDArray[np.uint64]

NO_QUESTION = SignQuestion(np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0, dtype=np.int32), np.zeros(0))
MOST_SWEEPS = 20_000  # a block is given up after reading every entry this often
LARGEST = np.float64(2.0**400).view(np.uint64)  # rewards beyond this are scaled by a power of two first,
SMALLEST = np.float64(2.0**-400).view(np.uint64)  # and so are those below this
INFINITE = np.float64(np.inf).view(np.uint64)
MAGNITUDE = np.uint64(2**63 - 1)  # all bits but the sign
PILOT_FROM = 4 * LANES  # fewer rewards are not worth a pilot run


@dataclass(frozen=True, eq=False)
class ValueBounds:
    """Intervals that contain the true optimal values."""

    low: FloatArray  # (n_rewards, n_queries) the true value is at least this
    high: FloatArray  # (n_rewards, n_queries) and at most this
    method: str  # which kernel ran, and why


@dataclass(frozen=True, eq=False)
class Enclosure:
    """Centered values with bounds on their error: V* - m / (1 - g) lies in [values + below, values + above]."""

    values: FloatArray  # (n_rewards, n_queries)
    below: FloatArray  # (n_rewards,)
    above: FloatArray  # (n_rewards,)
    center: FloatArray  # (n_rewards,) m
    span: FloatArray  # (n_rewards,) range of the rewards that matter
    size: FloatArray  # (n_rewards,) largest |value| of a node that matters


def bound_discounted(
    graph: ChoiceGraph,
    node_states: IntArray,
    rewards: FloatArray,
    discount: float | Fraction,
    *,
    nodes: IntArray | None = None,
    tolerance: float = 1e-8,
    n_threads: int = 1,
) -> ValueBounds:
    """Optimal discounted values of the queried nodes, as intervals.

    **Guarantee:** certified. The exact value, for the exact probabilities of the graph, the discount read as a decimal
    or as a float, and the rewards as the floats they are, lies in [low, high]. The width is at most
    tolerance * (max - min) / (1 - g) with max and min over the reward's coordinates, unless floating-point rounding
    forbids it (roughly when ``tolerance`` < 1e-14 / (1 - g), or the rewards share a large constant) or 20,000 sweeps do
    not suffice; then it is wider, and still holds. The same for any number of threads.
    **Cost:** ten to a few hundred passes over the reachable entries per 16 rewards; memory for the results and one
    block a thread.

    Parameters
    ----------
    graph, node_states
        The choices, and the reward coordinate of each node, shape (n_nodes,).
    rewards
        Shape (n_rewards, n_coordinates), finite. Fortran order is read fastest.
    discount
        In [0, 1), dimensionless.
    nodes
        Shape (n_queries,), the nodes whose values are wanted; None: all.
    tolerance
        Wanted width relative to (max - min) / (1 - g).
    n_threads
        Threads that share the blocks.

    Raises
    ------
    InvalidInput
        A reachable node without choice, a discount outside [0, 1), a reward that is not finite, or wrong shapes.

    References
    ----------
    MacQueen (1966); Puterman, *Markov Decision Processes* (1994), section 6.6.

    Examples
    --------
    >>> import numpy as np
    >>> graph = ChoiceGraph(np.array([0, 2, 3]), np.array([0, 1, 2, 3]), np.array([0, 1, 1]), np.ones(3))
    >>> bounds = bound_discounted(graph, np.array([0, 1]), np.array([[0.0, 1.0]]), 0.9)
    >>> np.round(bounds.low, 6)
    array([[ 9., 10.]])
    """
    plan = plan_discounted(graph, node_states, discount, nodes=nodes)
    return bound_planned(plan, rewards, tolerance=tolerance, n_threads=n_threads)


def bound_planned(
    plan: DiscountedPlan, rewards: FloatArray, *, tolerance: float = 1e-8, n_threads: int = 1
) -> ValueBounds:
    """``bound_discounted`` for a graph that was planned before: batch after batch of rewards.

    **Guarantee:** and **Cost:** as there.

    Raises
    ------
    InvalidInput
        A reward that is not finite, or wrong shapes.
    """
    rewards = parse_rewards(rewards, plan)
    scaled, exponents = scale_extremes(rewards, plan.states)
    found, method = enclose(plan, scaled, tolerance=tolerance, n_threads=n_threads)
    low, high = found.values, np.empty_like(found.values)
    _round_outward(low, high, found.below, found.above, found.center, 1.0 / (1.0 - float(plan.discount)))
    if exponents is not None:
        low = np.nextafter(np.ldexp(low, exponents[:, None]), -np.inf)
        high = np.nextafter(np.ldexp(high, exponents[:, None]), np.inf)
    return ValueBounds(low, high, method)


@numba.njit(cache=True, nogil=True)
def _round_outward(
    low: FloatArray, high: FloatArray, below: FloatArray, above: FloatArray, center: FloatArray, rate: float
) -> None:
    """Replace the centered values in ``low`` by lower bounds, and write the upper bounds to ``high``."""
    for i in range(low.shape[0]):
        offset = center[i] * rate
        fixed = UNIT * (8 * max(abs(below[i]), abs(above[i])) + (14 + rate) * abs(offset))
        for q in range(low.shape[1]):
            value = low[i, q]
            slack = fixed + 8 * UNIT * abs(value)
            low[i, q] = ((value + below[i]) + offset) - slack
            high[i, q] = ((value + above[i]) + offset) + slack


def parse_rewards(rewards: FloatArray, plan: DiscountedPlan) -> FloatArray:
    """The rewards as a float array of the right shape."""
    parsed = np.asarray(rewards, dtype=np.float64)
    needed = int(plan.node_states.max()) + 1
    if parsed.ndim != 2 or parsed.shape[1] < needed:
        raise InvalidInput(
            f"expected shape (n_rewards, n_coordinates) with at least {needed} coordinates, found {parsed.shape}",
            where="rewards",
        )
    return parsed


def scale_extremes(rewards: FloatArray, columns: IndexArray) -> tuple[FloatArray, IntArray | None]:
    """Rewards out of reach of overflow and underflow: rows divided by powers of two, and the exponents of these.

    None instead of exponents when no row needs it, judged by the columns that matter.
    """
    if rewards.size == 0:
        return rewards, None
    largest, faintest = _find_extremes(np.ravel(rewards, order="K").view(np.uint64))
    if largest >= INFINITE:
        row, column = np.argwhere(~np.isfinite(rewards))[0].tolist()
        raise InvalidInput(
            f"expected finite rewards, found {rewards[row, column]}; leave such states out or bound them",
            where=f"rewards[{row}, {column}]",
        )
    if largest <= LARGEST and faintest >= SMALLEST:
        return rewards, None
    exponents = np.frexp(np.abs(rewards[:, columns]).max(axis=1))[1]
    with np.errstate(over="ignore", under="ignore"):  # in columns that do not matter
        return np.ldexp(rewards, -exponents[:, None]), exponents.astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _find_extremes(bits: BitArray) -> tuple[np.uint64, np.uint64]:
    """Largest and smallest magnitude that is not zero, as bits, which are ordered as the doubles are."""
    largest = np.uint64(0)
    faintest = MAGNITUDE - np.uint64(1)
    for word in bits:
        magnitude = word & MAGNITUDE
        largest = max(largest, magnitude)
        faintest = min(faintest, magnitude - np.uint64(1))  # zero becomes the largest number of all
    return largest, faintest + np.uint64(1)


def enclose(
    plan: DiscountedPlan,
    rewards: FloatArray,
    *,
    tolerance: float,
    n_threads: int,
    question: SignQuestion = NO_QUESTION,
) -> tuple[Enclosure, str]:
    """Certified centered values; rewards that one method leaves wide are tried with the others."""
    if len(rewards) == 0:
        nothing = np.zeros(0)
        return Enclosure(np.zeros((0, len(plan.queries))), *[nothing] * 5), "no rewards"
    limit = MOST_SWEEPS * len(plan.backups.rows)
    ranking, reason = rank_methods(plan, rewards, tolerance=tolerance, question=question, max_work=limit)
    settings = {"tolerance": tolerance, "max_work": limit, "question": question, "n_threads": n_threads}
    found = _widen(plan, solve_blocks(plan, rewards, ranking[0], **settings))  # type: ignore[arg-type]
    wide = _is_wide(plan, found, tolerance) if len(question.rows) == 0 else np.zeros(len(rewards), dtype=np.bool_)
    for method in ranking[1:]:
        if not wide.any():
            break
        again = _widen(plan, solve_blocks(plan, rewards[wide], method, **settings))  # type: ignore[arg-type]
        better = np.flatnonzero(wide)[again.above - again.below < (found.above - found.below)[wide]]
        chosen = np.searchsorted(np.flatnonzero(wide), better)
        for name in ("values", "below", "above", "size"):
            getattr(found, name)[better] = getattr(again, name)[chosen]
        wide = _is_wide(plan, found, tolerance)
        reason += f"; then {METHODS[method]} where it was too wide"
    return found, f"{METHODS[ranking[0]]} ({reason})"


def rank_methods(
    plan: DiscountedPlan, rewards: FloatArray, *, tolerance: float, question: SignQuestion, max_work: int
) -> tuple[list[int], str]:
    """Kernels from best to worst by the rows that a pilot block makes them read (time would not be repeatable)."""
    if plan.is_deterministic:
        return [0, 2], "every choice has one successor"
    candidates = [3, 2, 1] if plan.elimination.n_slots else [2, 1]
    if len(rewards) < PILOT_FROM:
        return candidates, "small graph" if candidates[0] == 3 else "large graph"
    pilot = rewards[:LANES]
    cost: dict[int, float] = {}
    for method in candidates:
        budget = int(min([max_work, *cost.values()]))
        tried = solve_blocks(plan, pilot, method, tolerance=tolerance, n_threads=1, max_work=budget, question=question)
        failed = bool(_is_wide(plan, _widen(plan, tried), tolerance).any()) and len(question.rows) == 0
        cost[method] = 10.0 * max_work if failed or tried.work >= budget else float(tried.work)
    ranking = sorted(candidates, key=lambda method: cost[method])
    return ranking, f"a pilot block read {cost[ranking[0]] / len(plan.backups.rows):.0f} times its entries, the least"


def _widen(plan: DiscountedPlan, found: BlockResults) -> Enclosure:
    """Residuals as computed, turned into error bounds that hold in exact arithmetic."""
    discount = float(plan.discount)
    rate = 1.0 / (1.0 - discount)
    rounding = (RESERVE + plan.widest) * UNIT * (found.size + found.span)
    lowest, highest = found.lowest - rounding, found.highest + rounding
    slack = UNIT * (6 + rate) * rate * (np.maximum(np.abs(lowest), np.abs(highest)) + rounding)
    trivial = rate * (found.span + found.size * (1 + 8 * UNIT)) * (1 + UNIT * (6 + rate))
    below = np.fmax(lowest * rate - slack, -trivial)
    above = np.fmin(highest * rate + slack, trivial)
    return Enclosure(found.values, below, above, found.center, found.span, found.size)


def _is_wide(plan: DiscountedPlan, found: Enclosure, tolerance: float) -> BoolArray:
    discount = float(plan.discount)
    return found.above - found.below > (tolerance * found.span) / (1.0 - discount) * (1 + 1e-6)
