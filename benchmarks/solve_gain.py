"""Time the batched average-reward solver: processor microseconds per reward, on one core, all bounds certified.

Deterministic works are maximum cycle means: tori whose moves can be undone, tori that only lead right and down (whose
best cycles are long), a random graph with five edges a node, Taxi. Random works are the gain of a Garnet graph (1000
states, 4 actions, 5 successors), FrozenLake 8x8 (slippery; several end components). Rewards are uniform on [0, 1).

``max_error`` is the largest distance from a certified bound to an independent answer: Karp's algorithm or relative
value iteration in NumPy, one reward at a time, which are the peers. ``signs_us`` is the cost of one exactly decided
comparison with the same graph after it has lost three choices in a hundred, so that many comparisons are exact ties.

Run ``python benchmarks/solve_gain.py [--quick] [--json]``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction

import numpy as np

from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.solvers.gain_signs import compare_gains

TOLERANCE = 1e-8
ROOK = ((0, 1), (0, -1), (1, 0), (-1, 0))
DOWN_RIGHT = ((0, 1), (1, 0))


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    criterion: str
    method: str
    us_per_reward: float
    us_two_threads: float  # wall time
    signs_us: float
    ties: int  # of 400 comparisons, or of all when fewer
    undecided: int
    max_width: float
    max_error: float | None
    peers: dict[str, float]


@dataclass(frozen=True)
class Work:
    """A graph, how many rewards to time, and how to check a few of them."""

    name: str
    graph: ChoiceGraph
    n_rewards: int
    start: int = 0
    peer: str = ""
    check: Callable[[ChoiceGraph, np.ndarray], float] | None = None
    n_checked: int = 2


def torus(side: int, steps: tuple[tuple[int, int], ...]) -> ChoiceGraph:
    """A torus of cells with one choice for each step."""
    row, column = np.divmod(np.arange(side * side), side)
    heads = np.stack([(row + a) % side * side + (column + b) % side for a, b in steps], axis=1)
    return deterministic(heads)


def deterministic(heads: np.ndarray) -> ChoiceGraph:
    """The graph in which node u's choices lead to ``heads[u]``, shape (n_nodes, n_choices)."""
    n, k = heads.shape
    return ChoiceGraph(np.arange(n + 1) * k, np.arange(n * k + 1), heads.ravel(), np.ones(n * k))


def garnet(n_states: int, n_actions: int, n_successors: int) -> ChoiceGraph:
    """Random sparse transitions (Archibald et al. 1995)."""
    rng = np.random.default_rng(0)
    n = n_states * n_actions
    successors = np.concatenate([rng.choice(n_states, n_successors, replace=False) for _ in range(n)])
    probabilities = rng.dirichlet(np.ones(n_successors), n).ravel()
    return ChoiceGraph(np.arange(n_states + 1) * n_actions, np.arange(n + 1) * n_successors, successors, probabilities)


def toy_text(name: str, **settings: object) -> ChoiceGraph:
    """The transitions of a Gymnasium toy text environment."""
    import gymnasium

    table = gymnasium.make(name, **settings).unwrapped.P
    rows = []
    for state in range(len(table)):
        for action in range(len(table[state])):
            row: dict[int, Fraction] = {}
            for probability, successor, _, _ in table[state][action]:
                row[int(successor)] = row.get(int(successor), Fraction(0)) + Fraction(probability).limit_denominator(
                    1000
                )
            rows.append(row)
    exact = np.array([p for row in rows for p in row.values()], dtype=object)
    return ChoiceGraph(
        np.arange(len(table) + 1) * (len(rows) // len(table)),
        np.cumsum([0, *(len(row) for row in rows)]),
        np.array([v for row in rows for v in row]),
        exact.astype(float),
        exact,
    )


def problem_from(graph: ChoiceGraph, start: int) -> GainProblem:
    """The average-reward problem of the whole graph from one node."""
    n = graph.n_nodes
    return prepare_gain(
        Arena(
            graph=graph,
            node_states=np.arange(n),
            n_states=n,
            prefix=np.zeros(0, dtype=np.int64),
            initial_nodes=np.array([start]),
            initial_probabilities=np.ones(1),
            initial_exact=(Fraction(1),),
            node_memory=np.zeros(n, dtype=np.int64),
            full_memory=0,
            choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
        )
    )


def karp(graph: ChoiceGraph, reward: np.ndarray) -> float:
    """The maximum cycle mean by Karp's theorem."""
    tails, heads, n = graph.choice_nodes, graph.successors, graph.n_nodes
    best = np.zeros((n + 1, n))
    for k in range(n):
        best[k + 1] = -np.inf
        np.maximum.at(best[k + 1], heads, best[k, tails] + reward[tails])
    reached = np.isfinite(best[n])
    lengths = (n - np.arange(n))[:, None]
    return float(((best[n, reached] - best[:n, reached]) / lengths).min(axis=0).max())


def iterate_values(graph: ChoiceGraph, reward: np.ndarray) -> float:
    """The gain of an aperiodic end component by relative value iteration."""
    from scipy.sparse import csr_array

    matrix = csr_array(
        (graph.probabilities, graph.successors, graph.entry_offsets), shape=(graph.n_choices, graph.n_nodes)
    )
    values = np.zeros(graph.n_nodes)
    while True:
        after = np.maximum.reduceat(matrix @ values, graph.choice_offsets[:-1]) + reward
        step = after - values
        if np.ptp(step) < TOLERANCE:
            return float(step.min() + step.max()) / 2
        values = after - after[0]


def works(quick: bool) -> list[Work]:
    """What is timed."""
    few = 8 if quick else 1
    heads = np.random.default_rng(0).integers(0, 1000, (1000, 5))
    return [
        Work("torus 100", torus(10, ROOK), 20_000 // few, 0, "numpy karp", karp, 20),
        Work("random graph 1000", deterministic(heads), 4_000 // few, 0, "numpy karp", karp, 2),
        Work("torus 2500", torus(50, ROOK), 8_000 // few, 0, "numpy karp", karp, 0 if quick else 1),
        Work("torus 100, right and down", torus(10, DOWN_RIGHT), 4_000 // few, 0, "numpy karp", karp, 20),
        Work("torus 2500, right and down", torus(50, DOWN_RIGHT), 160 // few, 0),
        Work("Taxi", toy_text("Taxi-v4"), 20_000 // few, 0),
        Work("Garnet 1000", garnet(1000, 4, 5), 2_048 // few, 0, "numpy value iteration", iterate_values, 3),
        Work("FrozenLake 8x8", toy_text("FrozenLake-v1", map_name="8x8", is_slippery=True), 4_096 // few, 18),
    ]


def measure(work: Work) -> Row:
    """Time one work."""
    rng = np.random.default_rng(1)
    kept = rng.random(work.graph.n_choices) < 0.97
    kept[work.graph.choice_offsets[:-1]] = True
    problem = problem_from(work.graph, work.start)
    other = problem_from(work.graph.keep_choices(kept)[0], work.start)
    rewards = rng.random((work.n_rewards, problem.n_states))
    bound_gain(problem, rewards[:40])
    bounds, seconds = timed(lambda: bound_gain(problem, rewards, tolerance=TOLERANCE), time.process_time)
    _, wall = timed(lambda: bound_gain(problem, rewards, tolerance=TOLERANCE, n_threads=2), time.perf_counter)
    n_signs = min(work.n_rewards, 400)
    compare_gains(problem, other, rewards[:2])
    signs, signs_seconds = timed(lambda: compare_gains(problem, other, rewards[:n_signs]), time.process_time)
    error, peers = None, {}
    if work.check is not None and work.n_checked:
        check = work.check
        answers, peer_seconds = timed(
            lambda: np.array([check(work.graph, reward) for reward in rewards[: work.n_checked]]), time.process_time, 1
        )
        low, high = bounds.low[: work.n_checked], bounds.high[: work.n_checked]
        error = float(np.maximum(np.abs(answers - low), np.abs(answers - high)).max())
        peers[work.peer] = peer_seconds / work.n_checked * 1e6
    return Row(
        work=work.name,
        criterion="average",
        method=bounds.method,
        us_per_reward=seconds / work.n_rewards * 1e6,
        us_two_threads=wall / work.n_rewards * 1e6,
        signs_us=signs_seconds / n_signs * 1e6,
        ties=int((signs.decided & (signs.signs == 0)).sum()),
        undecided=int((~signs.decided).sum()),
        max_width=float((bounds.high - bounds.low).max()),
        max_error=error,
        peers=peers,
    )


def timed(run: Callable[[], object], clock: Callable[[], float], repeats: int = 3) -> tuple[object, float]:
    """What a function returns, and the shortest of a few times."""
    best = np.inf
    for _ in range(repeats):
        start = clock()
        result = run()
        best = min(best, clock() - start)
    return result, best


def main() -> None:
    """Print the table, as text or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rewards")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    rows = [measure(work) for work in works(options.quick)]
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1))
        return
    titles = f"{'work':28}{'us/reward':>11}{'2 threads':>11}{'us/sign':>10}{'ties':>6}{'undecided':>10}"
    print(f"{titles}{'width':>9}{'error':>9}  peers")
    for row in rows:
        error = "-" if row.max_error is None else f"{row.max_error:.0e}"
        peers = ", ".join(f"{name} {us:.0f} us" for name, us in row.peers.items())
        print(
            f"{row.work:28}{row.us_per_reward:11.2f}{row.us_two_threads:11.2f}{row.signs_us:10.2f}{row.ties:6}{row.undecided:10}"
            f"{row.max_width:9.0e}{error:>9}  {peers}"
        )


if __name__ == "__main__":
    main()
