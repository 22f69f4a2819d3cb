"""Average reward, every bound certified: maximum cycle means and the gain of random models.

Tori whose moves can be undone, a random graph with five choices a node, tori that only lead right and down (whose best
cycles are long), Taxi; a Garnet graph, and FrozenLake, which has several end components. ``us_per_sign`` is the time of
one exactly decided comparison with the same graph after it has lost three choices in a hundred, so that many
comparisons are exact ties. No share of a limit: these solvers count no rows.
"""

from __future__ import annotations

import time

import numpy as np

from _measure import Row, processor_us, seconds_each, speedup
from _models import DOWN_RIGHT, arena, frozen_lake, garnet, random_graph, torus, toy_text
from _peers import Answers, Task, ask_peers
from orbitwise.rewards.sampling import draw_uniform
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted_plan import plan_discounted
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_problem import prepare_gain
from orbitwise.solvers.gain_signs import compare_gains

TOLERANCE = 1e-8  # of the range of the reward
CALL = 2000  # rewards of one call
FOR_PEERS = 256
N_SIGNS = 400

# work: (graph, start, whether value iteration settles: one gain, no period, share of the rewards that is timed)
WORKS = {
    "FrozenLake 8x8 slippery": (frozen_lake, 0, False, 0.4),
    "Taxi-v4": (lambda: toy_text("Taxi-v4"), 1, False, 1.0),
    "Garnet 1000": (lambda: garnet(1000, 4, 5), 0, True, 1.0),
    "torus 100": (lambda: torus(10), 0, False, 1.0),
    "random graph 1000": (lambda: random_graph(1000, 5), 0, False, 1.0),
    "torus 2500": (lambda: torus(50), 0, False, 1.0),
    "torus 100, right and down": (lambda: torus(10, DOWN_RIGHT), 0, False, 0.4),
    "torus 2500, right and down": (lambda: torus(50, DOWN_RIGHT), 0, False, 0.02),
}


def time_gains(name: str, n_rewards: int, ask: dict | None) -> Row:
    """Our time and certified width, and the peers' times and errors."""
    make, start, settles, share = WORKS[name]
    graph, n_rewards = make(), max(64, int(n_rewards * share))
    problem, n_states = prepare_gain(arena(graph, start)), graph.n_nodes
    bound_gain(problem, draw_uniform(64, n_states, seed=0), tolerance=TOLERANCE)
    times, width, method = [], 0.0, ""
    for first in range(0, n_rewards, CALL):
        rewards = draw_uniform(min(CALL, n_rewards - first), n_states, seed=0, start=first)
        found = []
        times.append(
            processor_us(
                lambda r=rewards, f=found: f.append(bound_gain(problem, r, tolerance=TOLERANCE)), len(rewards), 3
            )
        )
        width = max(width, float((found[0].high - found[0].low).max()))
        method = found[0].method
    many = draw_uniform(n_rewards, n_states, seed=0)
    faster = speedup(lambda n: bound_gain(problem, many, tolerance=TOLERANCE, n_threads=n), 5)
    answers = Answers() if ask is None else ask_gains(graph, start, settles=settles, ask=ask)
    signs = time_signs(graph, start, min(N_SIGNS, n_rewards))
    return Row(
        work=name,
        discount=None,
        us_per_reward=float(np.median(times)),
        max_error=width / 2,
        peers=answers.peers,
        share_of_limit=None,
        method=method,
        n_rewards=n_rewards,
        two_threads_speedup=faster,
        peer_errors=answers.errors,
        peer_rewards=answers.solved,
        peers_wrong=answers.wrong,
        peers_failed=answers.failed,
        **signs,
    )


def ask_gains(graph: ChoiceGraph, start: int, *, settles: bool, ask: dict) -> Answers:
    """The peers' gains from the start, from the same rewards, on the states that can be reached."""
    plan = plan_discounted(graph, np.arange(graph.n_nodes), 0.5, nodes=np.array([start]))
    rewards = draw_uniform(FOR_PEERS, graph.n_nodes, seed=0)
    bounds = bound_gain(arena(graph, start), rewards, tolerance=TOLERANCE)
    task = Task(
        "average",
        np.ascontiguousarray(rewards[:, plan.states]),
        plan.local_graph,
        start=int(plan.queries[0]),
        settles=settles,
        seconds=ask["seconds"],
    )
    return ask_peers(task, (bounds.low + bounds.high) / 2, ask["directory"])


def time_signs(graph: ChoiceGraph, start: int, n_rewards: int) -> dict[str, float | int]:
    """Exactly decided comparisons with the graph less a few choices."""
    kept = np.random.default_rng(1).random(graph.n_choices) < 0.97
    kept[graph.choice_offsets[:-1]] = True
    first, second = (prepare_gain(arena(g, start)) for g in (graph, graph.keep_choices(kept)[0]))
    rewards = draw_uniform(n_rewards, graph.n_nodes, seed=1)
    compare_gains(first, second, rewards[:2])
    found = []
    seconds = seconds_each(lambda: found.append(compare_gains(first, second, rewards)), time.process_time, 2)
    return {
        "us_per_sign": min(seconds) / n_rewards * 1e6,
        "ties": int((found[0].decided & (found[0].signs == 0)).sum()),
        "undecided": int((~found[0].decided).sum()),
    }
