"""One sampled reward: its optimal values, its optimal actions, and one play of them.

Reward number i of a seed's stream is a function of the seed and of i (``draw_rewards``), so any reward behind an
estimate of POWER can be looked at again. An action c of s is optimal if it attains max_c E_{T(s,c)} V*. Certified
intervals of V* rule most actions out; where several are left, the exact values of what may still be played decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from orbitwise.compute.executors import task_seed
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.power.parsing import SAMPLES, RewardGiven, check_sampling, parse_discount, parse_rewards
from orbitwise.rewards.distributions import Distribution, draw_rewards
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import bound_discounted
from orbitwise.solvers.discounted_exact import expect, make_exact, solve_kept
from orbitwise.typing import BoolArray, FloatArray

__all__ = ["Play", "Step", "play_sample"]

UNIT = 2.0**-53
TOLERANCE = 1e-11
STEPS = 20


@dataclass(frozen=True)
class Step:
    """A state of a play and the action taken there."""

    state: str
    action: str


@dataclass(frozen=True, eq=False)
class Play:
    """An optimal policy of one sampled reward, and one play of it.

    Parameters
    ----------
    environment, discount
        What was solved.
    distribution, sample, seed
        The reward is number ``sample`` of this seed's stream.
    reward
        Shape (n_states,), as floats.
    low, high
        Shape (n_states,): certified bounds on the normalized optimal value (1 - discount) V*.
    optimal
        For each state the actions that are optimal, proved; all of them if it has no undecided ones.
    undecided
        For each state the actions of which it is not known: exact arithmetic was out of reach.
    steps, end
        The play: in each state one of the actions that may be optimal is taken, each with the same probability; and
        where it ends.
    """

    environment: MDP
    discount: Fraction
    distribution: Distribution
    sample: int
    seed: int
    reward: FloatArray
    low: FloatArray
    high: FloatArray
    optimal: tuple[tuple[str, ...], ...]
    undecided: tuple[tuple[str, ...], ...]
    steps: tuple[Step, ...]
    end: str

    @property
    def value(self) -> FloatArray:
        """The middle of the bounds, shape (n_states,)."""
        middle: FloatArray = (self.low + self.high) / 2
        return middle


def play_sample(
    environment: MDP,
    *,
    discount: object,
    sample: int,
    at: str | None = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    seed: int = 0,
    steps: int = STEPS,
) -> Play:
    """The optimal values and actions of one of the rewards that ``estimate_power`` draws, and a play of them.

    **Guarantee:** bounds are certified; an action said to be optimal is, and one not named is not, for the exact
    probabilities and rewards (as the floats that were drawn, or the fractions of a table). The play is a function of
    the seed and the sample.
    **Cost:** one solve, and exact arithmetic where actions may tie.

    Parameters
    ----------
    environment
        The environment.
    discount
        0 < g < 1, as in ``estimate_power``; dimensionless.
    sample
        Number of the reward in the draw, from 0 to ``samples`` - 1.
    at
        Where the play begins; by default the start state.
    reward, samples, seed
        As in ``estimate_power``, with independent points.
    steps
        How many actions are played, at least 1.

    Raises
    ------
    InvalidInput
        An unknown state, a number out of its range, or no distribution.

    Examples
    --------
    >>> import orbitwise as ow
    >>> play = play_sample(ow.gallery.load("candy"), discount="1/2", sample=3, steps=2)
    >>> play.optimal[0], [step.state for step in play.steps]
    (('candy',), ['Start', 'candy'])
    """
    exact_discount = parse_discount(discount)
    start = environment.start if at is None else environment.state(at, where="at")
    distribution = parse_rewards(environment, reward)
    check_sampling(samples, 0.5, seed)
    if not 0 <= sample < samples:
        raise InvalidInput(f"expected a sample from 0 to {samples - 1:,}, found {sample}; choose one", where="sample")
    if steps < 1:
        raise InvalidInput(f"expected at least 1 step, found {steps}; try {STEPS}", where="steps")
    batch = draw_rewards(distribution, 1, environment.n_states, seed=seed, start=sample)
    graph = environment.graph
    if not graph.is_deterministic:
        graph = replace(graph, probabilities=graph.exact_probabilities.astype(np.float64))
    bounds = bound_discounted(graph, np.arange(graph.n_nodes), batch.floats, exact_discount, tolerance=TOLERANCE)
    rounded = 2 * UNIT * np.abs(batch.floats).max() / float(1 - exact_discount)  # rewards may be fractions
    low, high = bounds.low[0] - rounded, bounds.high[0] + rounded
    maybe = _possibly_optimal(graph, low, high)
    proved = _decide(graph, maybe, (low + high) / 2, batch.exact(0), exact_discount)
    maybe &= proved != -1
    optimal, undecided = _names(environment, proved == 1), _names(environment, maybe & (proved == 0))
    rng = np.random.default_rng(task_seed(seed, sample))
    played, end = _play(environment, maybe, start, steps, rng)
    rate = float(1 - exact_discount)
    return Play(
        environment=environment,
        discount=exact_discount,
        distribution=distribution,
        sample=sample,
        seed=seed,
        reward=batch.floats[0],
        low=rate * low - 4 * UNIT * np.abs(low),
        high=rate * high + 4 * UNIT * np.abs(high),
        optimal=optimal,
        undecided=undecided,
        steps=played,
        end=end,
    )


def _possibly_optimal(graph: ChoiceGraph, low: FloatArray, high: FloatArray) -> BoolArray:
    """The choices that the bounds of V* do not prove worse than another of their node."""
    size = max(np.abs(low).max(), np.abs(high).max())
    slack = (int(np.diff(graph.entry_offsets).max()) + 4) * UNIT * size
    best = np.maximum.reduceat(expect(graph, low), graph.choice_offsets[:-1])
    possible: BoolArray = expect(graph, high) + 2 * slack >= best[graph.choice_nodes]
    return possible


def _decide(
    graph: ChoiceGraph, maybe: BoolArray, values: FloatArray, reward: tuple[Fraction, ...], discount: Fraction
) -> FloatArray:
    """1 for choices proved optimal, -1 for those proved not to be, 0 for those that exact arithmetic cannot decide."""
    proved = np.where(maybe, 0, -1)
    counts = np.add.reduceat(maybe.astype(np.int64), graph.choice_offsets[:-1])
    proved[maybe & (counts[graph.choice_nodes] == 1)] = 1
    model = None
    expected = expect(graph, values)
    for node in np.flatnonzero(counts > 1).tolist():
        first, last = graph.choice_offsets[node : node + 2].tolist()
        tied = (np.flatnonzero(maybe[first:last]) + first).tolist()
        rows = [_row(graph, choice) for choice in tied]
        if all(row == rows[0] for row in rows):
            proved[tied] = 1
            continue
        model = model or make_exact(graph, discount)
        targets = sorted({target for row in rows for target in row})
        try:
            found = solve_kept(model, maybe, expected, np.arange(graph.n_nodes), reward, targets)
        except NotSupported:
            continue
        known = dict(zip(targets, found, strict=True))
        worth = [sum((p * known[target] for target, p in row.items()), Fraction(0)) for row in rows]
        best = max(worth)
        proved[tied] = [1 if value == best else -1 for value in worth]
    return proved


def _row(graph: ChoiceGraph, choice: int) -> dict[int, Fraction]:
    """Successors of a choice with their exact probabilities."""
    start, stop = graph.entry_offsets[choice : choice + 2].tolist()
    return dict(zip(graph.successors[start:stop].tolist(), graph.exact_probabilities[start:stop].tolist(), strict=True))


def _names(environment: MDP, chosen: BoolArray) -> tuple[tuple[str, ...], ...]:
    """The names of the chosen actions of each state."""
    return tuple(
        tuple(environment.actions[environment.choice_actions[c]] for c in environment.choices(state) if chosen[c])
        for state in range(environment.n_states)
    )


def _play(
    environment: MDP, allowed: BoolArray, start: int, steps: int, rng: np.random.Generator
) -> tuple[tuple[Step, ...], str]:
    graph, state, played = environment.graph, start, []
    for _ in range(steps):
        choices = [c for c in environment.choices(state) if allowed[c]]
        choice = choices[int(rng.integers(len(choices)))]
        played.append(Step(environment.states[state], environment.actions[environment.choice_actions[choice]]))
        first, last = graph.entry_offsets[choice : choice + 2].tolist()
        reached = np.searchsorted(np.cumsum(graph.probabilities[first:last]), rng.random(), side="right")
        state = int(graph.successors[first + min(int(reached), last - first - 1)])
    return tuple(played), environment.states[state]
