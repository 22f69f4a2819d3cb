"""Explicit outcome sets: the best of 1000 outcomes on 500 states for each reward, a matrix product and row maxima.

The share of the limit is the multiply-adds of the product, two operations each, per processor second, over the peak
of ``roofline.py``. The error is against sums in extended precision, on a few rewards.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from _measure import Row, processor_us
from _peers import Answers, Task, ask_peers
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.rewards.sampling import draw_uniform

N_OUTCOMES, N_STATES = 1000, 500
CALL = 1000  # rewards of one call
NAME = f"explicit set, {N_OUTCOMES} x {N_STATES}"


def time_support(n_rewards: int, peak: float, ask: dict | None) -> Row:
    """The support function of a set given as a list of vectors."""
    table = np.random.default_rng(0).random((N_OUTCOMES, N_STATES))
    outcomes = Outcomes(tuple(tuple(enumerate(map(Fraction, row.tolist()))) for row in table), N_STATES)
    outcomes.support(draw_uniform(16, N_STATES, seed=0))  # makes and keeps the table of floats
    times = []
    for first in range(0, n_rewards, CALL):
        rewards = draw_uniform(min(CALL, n_rewards - first), N_STATES, seed=0, start=first)
        times.append(processor_us(lambda r=rewards: outcomes.support(r), len(rewards), 3))
    us = float(np.median(times))
    few = draw_uniform(64, N_STATES, seed=0)
    true = (few.astype(np.longdouble) @ table.T.astype(np.longdouble)).max(axis=1)
    answers = Answers()
    if ask is not None:
        rewards = np.ascontiguousarray(draw_uniform(1024, N_STATES, seed=0))
        task = Task("explicit", rewards, outcomes=table, seconds=ask["seconds"])
        answers = ask_peers(task, outcomes.support(rewards), ask["directory"])
    return Row(
        work=NAME,
        discount=None,
        us_per_reward=us,
        max_error=float(np.abs(outcomes.support(few) - true).max()),
        peers=answers.peers,
        share_of_limit=2 * N_OUTCOMES * N_STATES / us / 1e3 / peak,
        method="matrix product",
        n_rewards=n_rewards,
        peer_errors=answers.errors,
        peer_rewards=answers.solved,
        peers_wrong=answers.wrong,
        peers_failed=answers.failed,
    )
