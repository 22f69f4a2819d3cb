"""Discounted values, all of them certified to 1e-6, and certified signs for permutations of one reward.

The values are those of every state that can be reached from the start; rewards are uniform on [0, 1) and drawn before
the clock starts. The signs are end to end: drawing the permutations is timed too. Two threads are timed on more rewards
in one call, with results written over earlier ones: new memory for results takes the operating system long to provide.

The share of the limit is that of the kernel that solves a block: rows of lanes that it reads, 64 bytes each, per
processor second, over the rate at which ``roofline.py`` reads such rows in random order from the cache level that holds
the block (two rows a node).
"""

from __future__ import annotations

import time

import numpy as np

from _measure import Row, processor_us, seconds_each, speedup
from _models import arena, frozen_lake, garnet, grid, toy_text
from _peers import ERROR, Answers, Task, ask_peers
from orbitwise.compute.pieces import run_pieces
from orbitwise.rewards.sampling import draw_permutations, draw_uniform
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import NO_QUESTION, bound_planned, rank_methods
from orbitwise.solvers.discounted_blocks import solve_blocks
from orbitwise.solvers.discounted_difference import plan_difference
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
from orbitwise.solvers.discounted_signs import compare_planned
from orbitwise.solvers.lanes import LANES
from roofline import SIZES

WORKS = {
    "grid 10x10": (lambda: grid(10), 0),
    "grid 50x50": (lambda: grid(50), 0),
    "FrozenLake 8x8 slippery": (frozen_lake, 0),
    "Taxi-v4": (lambda: toy_text("Taxi-v4"), 1),
    "Garnet 1000": (lambda: garnet(1000, 4, 5), 0),
}
HELD = 50_000  # values returned by one call: larger results measure the operating system's page faults
HELD_BY_THREADS = 5_000_000  # two threads are given more, written to the same memory again and again
CHUNK = 2512  # permutations drawn and compared together: 2 MB
FOR_PEERS = 1024  # rewards that the peers may solve; each stops when its time is up


def time_values(name: str, discount: float, n_rewards: int, limits: dict[str, float], ask: dict | None) -> Row:
    """Our time, error and share of the limit, and the peers' times and errors."""
    make, start = WORKS[name]
    plan = plan_all(make(), start, discount)
    n_states, tolerance = len(plan.node_states), 2 * ERROR * (1 - discount)
    chunk = min(n_rewards, max(2, HELD // plan.n_nodes // LANES) * LANES)
    times, error, method = [], 0.0, ""
    bound_planned(plan, draw_uniform(chunk, n_states, seed=0), tolerance=tolerance)
    for first in range(0, n_rewards, chunk):
        rewards = draw_uniform(min(chunk, n_rewards - first), n_states, seed=0, start=first)
        times.append(processor_us(lambda r=rewards: bound_planned(plan, r, tolerance=tolerance), len(rewards), 3))
        bounds = bound_planned(plan, rewards, tolerance=tolerance)
        error = max(error, float((bounds.high - bounds.low).max()) / 2)
        method = method or bounds.method
    many = draw_uniform(min(4 * n_rewards, HELD_BY_THREADS // plan.n_nodes), n_states, seed=0)
    room = bound_planned(plan, many, tolerance=tolerance)
    faster = speedup(lambda n: bound_planned(plan, many, tolerance=tolerance, n_threads=n, out=room), 7)
    answers = Answers() if ask is None else ask_values(plan, tolerance, ask)
    return Row(
        work=name,
        discount=discount,
        us_per_reward=float(np.median(times)),
        max_error=error,
        peers=answers.peers,
        share_of_limit=share_of_limit(plan, tolerance, limits),
        method=method,
        n_rewards=n_rewards,
        two_threads_speedup=faster,
        peer_errors=answers.errors,
        peer_rewards=answers.solved,
        peers_wrong=answers.wrong,
        peers_failed=answers.failed,
    )


def plan_all(graph: ChoiceGraph, start: int, discount: float) -> DiscountedPlan:
    """The plan for the values of all nodes that can be reached from a start."""
    order = plan_discounted(graph, np.arange(graph.n_nodes), discount, nodes=np.array([start])).order
    return plan_discounted(graph, np.arange(graph.n_nodes), discount, nodes=order)


def ask_values(plan: DiscountedPlan, tolerance: float, ask: dict) -> Answers:
    """The peers' values of the reachable states, from the same rewards."""
    rewards = draw_uniform(FOR_PEERS, len(plan.node_states), seed=0)
    bounds = bound_planned(plan, rewards, tolerance=tolerance)
    middles = np.empty((FOR_PEERS, plan.n_nodes))
    middles[:, plan.queries] = (bounds.low + bounds.high) / 2
    local = np.ascontiguousarray(rewards[:, plan.states])
    task = Task("discounted", local, plan.local_graph, discount=float(plan.discount), seconds=ask["seconds"])
    return ask_peers(task, middles, ask["directory"])


def share_of_limit(plan: DiscountedPlan, tolerance: float, limits: dict[str, float]) -> float:
    """Rows read per second, against what the cache level that holds two rows a node can deliver."""
    rewards = draw_uniform(max(2, HELD // plan.n_nodes // LANES) * LANES, len(plan.node_states), seed=0)
    settings = {"tolerance": tolerance, "max_work": 10**12, "question": NO_QUESTION}
    method = rank_methods(plan, rewards, **settings)[0][0]
    found = []
    us = processor_us(
        lambda: found.append(solve_blocks(plan, rewards, method, n_threads=1, **settings).work), len(rewards), 5
    )
    n_bytes = 2 * plan.n_nodes * LANES * 8
    level = next((level for level in ("L1", "L2", "L3") if n_bytes <= 2 * SIZES[level]), "memory")
    return found[0] * LANES * 8 / (us * len(rewards) * 1e3) / limits[level]


def time_permutations(n_rewards: int) -> Row:
    """Certified signs of permutations of one reward at discount .99, end to end."""
    graph = grid(10)
    plan = plan_difference(arena(graph, 45, (44,)), arena(graph, 54, (44,)), 0.99)
    base = draw_uniform(1, 100, seed=7)[0]

    def count_undecided(piece: int) -> int:
        start = piece * CHUNK
        rewards = draw_permutations(base, min(CHUNK, n_rewards - start), seed=1, start=start)
        return int((~compare_planned(plan, rewards).decided).sum())

    def run(n_threads: int = 1) -> int:
        return sum(run_pieces(count_undecided, -(-n_rewards // CHUNK), n_threads=n_threads))

    undecided = run()
    us = processor_us(run, n_rewards, 5)
    return Row(
        work="grid 10x10, signs of permutations",
        discount=0.99,
        us_per_reward=us,
        max_error=0.0,
        peers={},
        share_of_limit=None,
        method="draw, bound and compare",
        n_rewards=n_rewards,
        two_threads_speedup=speedup(run, 15),
        us_per_sign=us,
        undecided=undecided,
        ms_for_all=min(seconds_each(lambda: run(2), time.perf_counter, 30)) * 1e3,
    )
