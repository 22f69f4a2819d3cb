"""Certified optimal discounted values V*(u) = max over policies of E sum_t g^t r(u_t), for many rewards at once.

The rewards are centered (adding a constant m to every reward adds m / (1 - g) to every value), solved in blocks by
whichever kernel a pilot run on the first block finds cheapest, and certified by MacQueen's residual bounds
(``discounted_kernels.certify``), which ``discounted_blocks`` turns into intervals that hold in exact arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted_blocks import LARGEST, METHODS, SMALLEST, Enclosure, SignQuestion, solve_blocks
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
from orbitwise.solvers.lanes import LANES
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["ValueBounds", "bound_discounted", "bound_planned"]

IndexArray = npt.NDArray[np.signedinteger]

NO_QUESTION = SignQuestion(np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0, dtype=np.int32), np.zeros(0))
MOST_SWEEPS = 20_000  # a block is given up after reading every entry this often
PILOT_FROM = 4 * LANES  # fewer rewards are not worth a pilot run


@dataclass(frozen=True, eq=False)
class ValueBounds:
    """Intervals that contain the true optimal values."""

    low: FloatArray  # (n_rewards, n_queries) the true value is at least this
    high: FloatArray  # (n_rewards, n_queries) and at most this
    method: str  # which kernel ran, and why


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
        A reachable node without choice, a discount outside [0, 1), a reward that matters and is not finite, or wrong
        shapes.

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
    plan: DiscountedPlan,
    rewards: FloatArray,
    *,
    tolerance: float = 1e-8,
    n_threads: int = 1,
    out: ValueBounds | None = None,
) -> ValueBounds:
    """``bound_discounted`` for a graph that was planned before: batch after batch of rewards.

    **Guarantee:** and **Cost:** as there.

    Parameters
    ----------
    plan, rewards, tolerance, n_threads
        As there.
    out
        An earlier result of this function for as many rewards and queries, which is overwritten: the
        operating system takes long to provide large new arrays.

    Raises
    ------
    InvalidInput
        A reward that matters and is not finite, or wrong shapes.
    """
    rewards = parse_rewards(rewards, plan)
    found, method = enclose(
        plan, rewards, tolerance=tolerance, n_threads=n_threads, bounds=True, out=_parse_out(out, plan, rewards)
    )
    low, high = found.values, found.high
    rows = find_unfit(found)
    if len(rows):
        scaled, exponents = scale_to_fit(rewards, rows, plan.states)
        again = bound_planned(plan, scaled, tolerance=tolerance, n_threads=n_threads)
        low[rows] = np.nextafter(np.ldexp(again.low, exponents[:, None]), -np.inf)
        high[rows] = np.nextafter(np.ldexp(again.high, exponents[:, None]), np.inf)
    return ValueBounds(low, high, method)


def _parse_out(
    out: ValueBounds | None, plan: DiscountedPlan, rewards: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    if out is None:
        return None
    expected = (len(rewards), len(plan.queries))
    for ends in (out.low, out.high):
        if ends.shape != expected or ends.dtype != np.float64 or not ends.flags.c_contiguous:
            raise InvalidInput(
                f"expected contiguous doubles of shape {expected}, found {ends.dtype} of shape {ends.shape}; pass an "
                "earlier result as it came, or leave it out",
                where="out",
            )
    return out.low, out.high


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


def find_unfit(found: Enclosure) -> IntArray:
    """The rewards that were not solved because some of their block are not fit for floats."""
    return np.flatnonzero(np.isnan(found.span))


def scale_to_fit(rewards: FloatArray, rows: IntArray, columns: IndexArray) -> tuple[FloatArray, IntArray]:
    """Some rewards, out of reach of overflow and underflow: divided by powers of two, and the exponents of these.

    Raises
    ------
    InvalidInput
        A value in one of the columns, those that matter, is not finite.
    """
    chosen = rewards[rows]
    wrong = np.argwhere(~np.isfinite(chosen[:, columns]))
    if len(wrong):
        row, column = int(wrong[0, 0]), int(columns[wrong[:, 1][wrong[:, 0] == wrong[0, 0]]].min())
        raise InvalidInput(
            f"expected finite rewards, found {chosen[row, column]}; leave such states out or bound them",
            where=f"rewards[{rows[row]}, {column}]",
        )
    sizes = np.abs(chosen[:, columns]).max(axis=1)
    exponents = np.where((sizes > LARGEST) | (sizes < SMALLEST), np.frexp(sizes)[1], 0).astype(np.int64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # in columns that do not matter
        return np.ldexp(chosen, -exponents[:, None]), exponents


def enclose(
    plan: DiscountedPlan,
    rewards: FloatArray,
    *,
    tolerance: float,
    n_threads: int,
    question: SignQuestion = NO_QUESTION,
    bounds: bool = False,
    out: tuple[FloatArray, FloatArray] | None = None,
) -> tuple[Enclosure, str]:
    """Certified values, centered or as bounds; rewards that one method leaves wide are tried with the others."""
    limit = MOST_SWEEPS * len(plan.backups.rows)
    asked = {"tolerance": tolerance, "max_work": limit, "question": question}
    ranking, reason = rank_methods(plan, rewards, **asked)  # type: ignore[arg-type]
    settings = {**asked, "n_threads": n_threads, "bounds": bounds}
    found = solve_blocks(plan, rewards, ranking[0], **settings, out=out)  # type: ignore[arg-type]
    wide = np.flatnonzero(_is_wide(plan, found, tolerance)) if len(question.rows) == 0 else np.zeros(0, dtype=np.int64)
    for method in ranking[1:]:
        if not len(wide):
            break
        again = solve_blocks(plan, rewards[wide], method, **settings)  # type: ignore[arg-type]
        better = np.flatnonzero(again.above - again.below < (found.above - found.below)[wide])
        for name in ("values", "below", "above", "size") + (("high",) if bounds else ()):
            getattr(found, name)[wide[better]] = getattr(again, name)[better]
        wide = np.flatnonzero(_is_wide(plan, found, tolerance))
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
        failed = bool(_is_wide(plan, tried, tolerance).any()) and len(question.rows) == 0
        cost[method] = 10.0 * max_work if failed or tried.work >= budget else float(tried.work)
    ranking = sorted(candidates, key=lambda method: cost[method])
    return ranking, f"a pilot block read {cost[ranking[0]] / len(plan.backups.rows):.0f} times its entries, the least"


def _is_wide(plan: DiscountedPlan, found: Enclosure, tolerance: float) -> BoolArray:
    discount = float(plan.discount)
    return found.above - found.below > (tolerance * found.span) / (1.0 - discount) * (1 + 1e-6)
