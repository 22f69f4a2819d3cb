"""Time the batched discounted solver: processor microseconds per reward, all values certified to 1e-6.

The works are a 10x10 and a 50x50 gridworld (five actions, walls stay), FrozenLake 8x8 (slippery), Taxi and a Garnet
graph (1000 states, 4 actions, 5 successors), each from one start state, rewards uniform on [0, 1). The last row is the
certified sign of a difference for 10,000 random permutations of one reward on the 10x10 grid, drawing included.

Peers solve the same rewards and must agree: plain NumPy value iteration, for one reward at a time and for a batch.
``share_of_limit`` is the rate of rows read, as a share of what this machine can read from the cache level that a block
lives in (``roofline.py``).

Run ``python benchmarks/solve.py [--quick] [--json]``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.rewards.sampling import draw_permutations, draw_uniform
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import NO_QUESTION, bound_planned, rank_methods
from orbitwise.solvers.discounted_blocks import solve_blocks
from orbitwise.solvers.discounted_difference import plan_difference
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
from orbitwise.solvers.discounted_signs import compare_planned
from orbitwise.solvers.lanes import LANES
from roofline import SIZES, measure_row_reads

ERROR = 1e-6
CHUNK = 1000  # rewards of a quick run
HELD = 50_000  # values held at once: batches beyond a few hundred kilobytes measure the operating system's page faults


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    discount: float
    us_per_reward: float
    max_error: float
    peers: dict[str, float]
    share_of_limit: float | None
    method: str


def grid(size: int) -> ChoiceGraph:
    """A square gridworld: stay, and moves in four directions that stay where they would leave the board."""
    cells = np.arange(size * size).reshape(size, size)
    moves = [cells]
    for axis in (0, 1):
        for step in (-1, 1):
            moved = np.roll(cells, -step, axis=axis)
            edge = [slice(None), slice(None)]
            edge[axis] = -1 if step == 1 else 0
            moved[tuple(edge)] = cells[tuple(edge)]
            moves.append(moved)
    successors = np.stack([m.ravel() for m in moves], axis=1).ravel()
    n = size * size
    return ChoiceGraph(np.arange(n + 1) * 5, np.arange(5 * n + 1), successors, np.ones(5 * n))


def garnet(n_states: int, n_actions: int, n_successors: int) -> ChoiceGraph:
    """Random sparse transitions (Archibald et al. 1995): successors without replacement, Dirichlet probabilities."""
    rng = np.random.default_rng(0)
    n = n_states * n_actions
    successors = np.concatenate([rng.choice(n_states, n_successors, replace=False) for _ in range(n)])
    probabilities = rng.dirichlet(np.ones(n_successors), n).ravel()
    return ChoiceGraph(np.arange(n_states + 1) * n_actions, np.arange(n + 1) * n_successors, successors, probabilities)


def toy_text(name: str, **settings: object) -> ChoiceGraph:
    """A Gymnasium table; an episode that ends stays where it ended."""
    import gymnasium

    table = gymnasium.make(name, **settings).unwrapped.P
    final = {t for choices in table.values() for rows in choices.values() for _, t, _, done in rows if done}
    nodes: list[list[dict[int, float]]] = []
    for state, choices in table.items():
        merged = []
        for rows in choices.values():
            law: dict[int, float] = {}
            for p, successor, _, _ in rows:
                law[successor] = law.get(successor, 0.0) + p
            merged.append({s: p for s, p in law.items() if p > 0})
        nodes.append([{state: 1.0}] if state in final else merged)
    laws = [law for choices in nodes for law in choices]
    return ChoiceGraph(
        np.cumsum([0, *map(len, nodes)]),
        np.cumsum([0, *map(len, laws)]),
        np.array([s for law in laws for s in law]),
        np.array([p for law in laws for p in law.values()]),
    )


def all_values(graph: ChoiceGraph, start: int, discount: float) -> DiscountedPlan:
    """The plan for the values of all nodes that can be reached from a start."""
    order = plan_discounted(graph, np.arange(graph.n_nodes), discount, nodes=np.array([start])).order
    return plan_discounted(graph, np.arange(graph.n_nodes), discount, nodes=order)


def iterate_values(graph: ChoiceGraph, rewards: np.ndarray, discount: float) -> np.ndarray:
    """Plain value iteration for rewards as columns, until no value is off by more than 1e-6."""
    values = np.zeros_like(rewards)
    while True:
        expected = np.add.reduceat(graph.probabilities[:, None] * values[graph.successors], graph.entry_offsets[:-1])
        improved = rewards + discount * np.maximum.reduceat(expected, graph.choice_offsets[:-1])
        if np.abs(improved - values).max() * discount / (1 - discount) <= ERROR:
            return improved
        values = improved


def processor_us(run: Callable[[], object], n_rewards: int, repeats: int) -> float:
    """Least processor microseconds per reward of some repeats."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return min(seconds) / n_rewards * 1e6


def time_work(name: str, plan: DiscountedPlan, n_rewards: int, limits: dict[str, float], *, quick: bool) -> Row:
    """Our time, error and share of the limit, and the peers' times; raises when a peer disagrees."""
    discount, n_states = float(plan.discount), len(plan.node_states)
    tolerance = 2 * ERROR * (1 - discount)
    us, error = [], 0.0
    chunk = max(2, HELD // plan.n_nodes // LANES) * LANES
    for start in range(0, n_rewards, chunk):
        rewards = draw_uniform(min(chunk, n_rewards - start), n_states, seed=0, start=start)
        us.append(processor_us(lambda r=rewards: bound_planned(plan, r, tolerance=tolerance), len(rewards), 2))
        bounds = bound_planned(plan, rewards[:LANES], tolerance=tolerance)
        error = max(error, float((bounds.high - bounds.low).max()) / 2)
    few = draw_uniform(4 if quick else 16, n_states, seed=0)
    bounds = bound_planned(plan, few, tolerance=tolerance)
    local, states = plan.local_graph, plan.states
    peers = {}
    found = {}
    peers["numpy"] = processor_us(
        lambda: found.update(numpy=np.stack([iterate_values(local, r[states, None], discount)[:, 0] for r in few])),
        len(few),
        1,
    )
    many = draw_uniform(32 if quick else 128, n_states, seed=0)
    peers["batched numpy"] = processor_us(
        lambda: found.update(batched=iterate_values(local, many[:, states].T.copy(), discount).T[: len(few)]),
        len(many),
        1,
    )
    for peer, values in found.items():
        columns = values[:, plan.queries]
        if not ((bounds.low - 2 * ERROR <= columns) & (columns <= bounds.high + 2 * ERROR)).all():
            raise SystemExit(f"{name} at discount {discount}: {peer} disagrees")
    return Row(
        name,
        discount,
        float(np.median(us)),
        error,
        peers,
        share_of_limit(plan, tolerance, limits),
        bound_planned(plan, draw_uniform(chunk, n_states, seed=0), tolerance=tolerance).method,
    )


def share_of_limit(plan: DiscountedPlan, tolerance: float, limits: dict[str, float]) -> float:
    """Rows read per second, against what the cache level that holds two rows a node can deliver."""
    rewards = draw_uniform(max(2, HELD // plan.n_nodes // LANES) * LANES, len(plan.node_states), seed=0)
    settings = {"tolerance": tolerance, "max_work": 10**12, "question": NO_QUESTION}
    method = rank_methods(plan, rewards, **settings)[0][0]
    found = []
    us = processor_us(
        lambda: found.append(solve_blocks(plan, rewards, method, n_threads=1, **settings).work), len(rewards), 3
    )
    n_bytes = 2 * plan.n_nodes * LANES * 8
    level = next((level for level in ("L1", "L2", "L3") if n_bytes <= 2 * SIZES[level]), "memory")
    return found[0] * LANES * 8 / (us * len(rewards) * 1e3) / limits[level]


def arena(graph: ChoiceGraph, start: int, state: int) -> Arena:
    """Everything that may follow a first step from ``start`` to ``state``."""
    return Arena(
        graph=graph,
        node_states=np.arange(graph.n_nodes),
        n_states=graph.n_nodes,
        prefix=np.array([start]),
        initial_nodes=np.array([state]),
        initial_probabilities=np.ones(1),
        initial_exact=(Fraction(1),),
        node_memory=np.zeros(graph.n_nodes, dtype=np.int64),
        full_memory=0,
        choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
    )


def time_permutations(n_rewards: int, n_threads: int) -> tuple[Row, float]:
    """Certified signs of permutations, end to end; also the wall-clock milliseconds."""
    graph = grid(10)
    plan = plan_difference(arena(graph, 44, 45), arena(graph, 44, 54), 0.99)
    base = draw_uniform(1, 100, seed=7)[0]

    def run() -> None:
        rewards = draw_permutations(base, n_rewards, seed=1)
        signs = compare_planned(plan, rewards, n_threads=n_threads)
        if not signs.decided.all():
            raise SystemExit("a sign was left undecided")

    wall = []
    for _ in range(6):
        start = time.perf_counter()
        run()
        wall.append(time.perf_counter() - start)
    us = processor_us(run, n_rewards, 3)
    row = Row(f"grid 10x10, signs of permutations, {n_threads} threads", 0.99, us, 0.0, {}, None, "end to end")
    return row, min(wall) * 1e3


def main() -> None:
    """Print a table, or one JSON document."""
    parser = argparse.ArgumentParser(description="Time the batched discounted solver.")
    parser.add_argument("--quick", action="store_true", help="fewer rewards, one discount less")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    n_rewards = CHUNK if arguments.quick else 10 * CHUNK
    limits = {level: measure_row_reads(SIZES[level], 1) for level in ("L1", "L2", "L3", "memory")}
    works = {
        "grid 10x10": (grid(10), 0),
        "grid 50x50": (grid(50), 0),
        "FrozenLake 8x8 slippery": (toy_text("FrozenLake-v1", map_name="8x8", is_slippery=True), 0),
        "Taxi": (toy_text("Taxi-v4"), 1),
        "Garnet 1000": (garnet(1000, 4, 5), 0),
    }
    rows = []
    for name, (graph, start) in works.items():
        for discount in (0.9, 0.99) if arguments.quick else (0.5, 0.9, 0.99):
            print(f"{name} at {discount}", file=sys.stderr)
            plan = all_values(graph, start, discount)
            rows.append(time_work(name, plan, n_rewards, limits, quick=arguments.quick))
    for n_threads in (1, 2):
        row, milliseconds = time_permutations(10_000, n_threads)
        rows.append(row)
        print(f"{row.work}: {milliseconds:.1f} ms wall clock for 10,000", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"rows": [vars(row) for row in rows]}))
        return
    print(f"{'work':45}{'discount':>9}{'us/reward':>11}{'error':>9}{'share':>7}  peers (us/reward)")
    for row in rows:
        peers = ", ".join(f"{name} {us:.0f}" for name, us in row.peers.items())
        share = "" if row.share_of_limit is None else f"{row.share_of_limit:.0%}"
        print(f"{row.work:45}{row.discount:>9}{row.us_per_reward:>11.2f}{row.max_error:>9.0e}{share:>7}  {peers}")


if __name__ == "__main__":
    main()
