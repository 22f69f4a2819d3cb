"""Clocks, and what one row of the table holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Row:
    """One line of the table. Times are processor microseconds per reward on one core."""

    work: str
    discount: float | None  # None: average reward, or no discount
    us_per_reward: float
    max_error: float  # half of the widest interval returned; of an explicit set, the error found
    peers: dict[str, float]
    share_of_limit: float | None
    method: str
    n_rewards: int
    two_threads_speedup: float | None = None  # wall clock with one thread over wall clock with two
    peer_errors: dict[str, float] = field(default_factory=dict)
    peer_rewards: dict[str, int] = field(default_factory=dict)
    peers_wrong: list[str] = field(default_factory=list)
    peers_failed: dict[str, str] = field(default_factory=dict)
    us_per_sign: float | None = None
    ties: int | None = None  # of the signs timed
    undecided: int | None = None
    ms_for_all: float | None = None  # wall clock


def seconds_each(run: Callable[[], object], clock: Callable[[], float], repeats: int) -> list[float]:
    """How long a function takes, some times over."""
    seconds = []
    for _ in range(repeats):
        start = clock()
        run()
        seconds.append(clock() - start)
    return seconds


def processor_us(run: Callable[[], object], n_rewards: int, repeats: int) -> float:
    """Median processor microseconds per reward."""
    return float(np.median(seconds_each(run, time.process_time, repeats))) / n_rewards * 1e6


def speedup(run: Callable[[int], object], repeats: int) -> float:
    """Wall clock of one thread over wall clock of two: the shortest of each in turns that alternate, after one of each.

    The shortest, because other programs can only make a turn longer; with two busy cores even that shows less.
    """
    for n_threads in (1, 2):
        run(n_threads)
    turns = [[seconds_each(lambda n=n: run(n), time.perf_counter, 1)[0] for n in (1, 2)] for _ in range(repeats)]
    one, two = np.min(turns, axis=0)
    return float(one / two)
