"""What an adapter of a peer is given and gives back; only NumPy is needed.

An adapter is started as ``python with_NAME.py MODEL.npz VALUES.npy METHOD``. The model file holds the choices of each
state (the arrays of ``Problem``) and the rewards, one row each. It solves what it can in the seconds it is allowed,
writes the answers to the second file and prints ``{"us_per_reward", "solved", "batch"}``.

Time is processor time of the whole process on one core. Building the peer's model is not counted, nor is the first
call, which may compile.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """A model with rewards: state u has the choices from ``choice_offsets[u]`` on, choice c the entries likewise."""

    kind: str  # "discounted", "average" or "explicit"
    choice_offsets: np.ndarray  # (n_states + 1,)
    entry_offsets: np.ndarray  # (n_choices + 1,)
    successors: np.ndarray  # (n_entries,)
    probabilities: np.ndarray  # (n_entries,)
    outcomes: np.ndarray  # (n_outcomes, n_states) of an explicit set
    rewards: np.ndarray  # (n_rewards, n_states)
    discount: float
    start: int  # of an average reward
    error: float  # wanted, of each value
    seconds: float  # allowed
    batch: int  # rewards at once, where a peer takes many

    @property
    def n_states(self) -> int:
        """Number of states."""
        return self.rewards.shape[1]


def read_problem() -> Problem:
    """The problem that the command line names."""
    fields = dict(np.load(sys.argv[1]))
    return Problem(**{name: value.item() if value.ndim == 0 else value for name, value in fields.items()})


def pad_choices(problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every state with equally many choices and entries: successors and probabilities, (n_states, n_choices, width).

    Missing choices repeat the state's first one, missing entries have probability 0. The last array tells the entries'
    original choice, shape (n_states, n_choices).
    """
    n_choices = np.diff(problem.choice_offsets)
    steps = np.arange(n_choices.max())
    choices = problem.choice_offsets[:-1, None] + np.where(steps < n_choices[:, None], steps, 0)
    lengths = np.diff(problem.entry_offsets)
    columns = np.arange(lengths.max())
    present = columns < lengths[choices][..., None]
    entries = np.where(present, problem.entry_offsets[choices][..., None] + columns, 0)
    return (
        np.where(present, problem.successors[entries], 0),
        np.where(present, problem.probabilities[entries], 0.0),
        choices,
    )


def solve_each(problem: Problem, solve: Callable[[np.ndarray], tuple[object, float]]) -> None:
    """Solve one reward at a time; ``solve`` returns the answer and the processor seconds that it took."""
    solve(problem.rewards[-1])
    answers, times = [], []
    deadline = time.process_time() + problem.seconds
    for reward in problem.rewards:
        answer, seconds = solve(reward)
        answers.append(np.asarray(answer, dtype=float))
        times.append(seconds)
        if time.process_time() > deadline:
            break
    finish(np.array(answers), float(np.median(times)), 1)


def solve_batches(problem: Problem, solve: Callable[[np.ndarray], np.ndarray]) -> None:
    """Solve the first rewards as one batch, some times over; ``solve`` takes and returns a row for each reward."""
    rewards = problem.rewards[: problem.batch]
    solve(rewards)
    times = []
    deadline = time.process_time() + problem.seconds
    while not times or (len(times) < 5 and time.process_time() < deadline):
        start = time.process_time()
        answers = np.asarray(solve(rewards))
        times.append((time.process_time() - start) / len(rewards))
    finish(answers, float(np.median(times)), len(rewards))


def timed(run: Callable[[], object]) -> tuple[object, float]:
    """What a function returns, and the processor seconds it took."""
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def finish(answers: np.ndarray, seconds: float, batch: int) -> None:
    """Hand the answers back."""
    np.save(sys.argv[2], answers)
    print(json.dumps({"us_per_reward": seconds * 1e6, "solved": len(answers), "batch": batch}))


def use_one_core() -> None:
    """Keep this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def method() -> str:
    """The method that the command line names."""
    return sys.argv[3]
