"""Plain NumPy: value iteration with MacQueen's bounds, Karp's cycle mean, relative value iteration, matrix products.

Methods: ``single`` solves one reward at a time, ``batched`` many.
"""

from collections.abc import Callable

import numpy as np
from exchange import Problem, method, pad_choices, read_problem, solve_batches, solve_each, timed


def iterate_values(problem: Problem, backup: Callable, rewards: np.ndarray) -> np.ndarray:
    """Discounted values for rewards as rows: bounds from the least and the largest change (MacQueen 1966)."""
    columns = np.ascontiguousarray(rewards.T)
    values = np.zeros_like(columns)
    factor = problem.discount / (1 - problem.discount)
    while True:
        improved = columns + problem.discount * backup(values)
        change = improved - values
        low, high = change.min(axis=0), change.max(axis=0)
        if ((high - low) * factor / 2).max() <= problem.error:
            return (improved + factor * (low + high) / 2).T
        values = improved


def iterate_gains(problem: Problem, backup: Callable, rewards: np.ndarray) -> np.ndarray:
    """Gains for rewards as rows, when all states have the same: relative value iteration on the lazy chain."""
    columns = np.ascontiguousarray(rewards.T)
    values = np.zeros_like(columns)
    while True:
        change = columns + backup(values) - values
        low, high = change.min(axis=0), change.max(axis=0)
        if ((high - low) / 2).max() <= problem.error:
            return (low + high) / 2
        values += change / 2
        values -= values[0]


def make_backup(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    """The best expected value over the choices of each state, rewards as columns."""
    successors, probabilities, _ = pad_choices(problem)
    heads = [[successors[:, a, k].copy() for k in range(successors.shape[2])] for a in range(successors.shape[1])]
    weights = [[probabilities[:, a, k, None].copy() for k in range(len(heads[a]))] for a in range(len(heads))]

    def expected(choice: int, values: np.ndarray) -> np.ndarray:
        if successors.shape[2] == 1:
            return values[heads[choice][0]]
        total = weights[choice][0] * values[heads[choice][0]]
        for weight, head in zip(weights[choice][1:], heads[choice][1:], strict=True):
            total += weight * values[head]
        return total

    def backup(values: np.ndarray) -> np.ndarray:
        if values.shape[1] == 1:
            ahead = values[problem.successors, 0]
            if successors.shape[2] > 1:
                ahead = np.add.reduceat(problem.probabilities * ahead, problem.entry_offsets[:-1])
            return np.maximum.reduceat(ahead, problem.choice_offsets[:-1])[:, None]
        best = expected(0, values)
        for choice in range(1, len(heads)):
            np.maximum(best, expected(choice, values), out=best)
        return best

    return backup


def karp(problem: Problem, reward: np.ndarray) -> float:
    """The maximum cycle mean by Karp's theorem (1978)."""
    n = problem.n_states
    best = np.zeros((n + 1, n))
    for k in range(n):
        best[k + 1] = reward + np.maximum.reduceat(best[k][problem.successors], problem.choice_offsets[:-1])
    lengths = (n - np.arange(n))[:, None]
    return float(((best[n] - best[:n]) / lengths).min(axis=0).max())


def main() -> None:
    """Solve the problem that the command line names."""
    problem = read_problem()
    several = {"discounted": iterate_values, "average": iterate_gains, "explicit": multiply}[problem.kind]
    backup = None if problem.kind == "explicit" else make_backup(problem)
    if method() == "batched":
        solve_batches(problem, lambda rewards: several(problem, backup, rewards))
    elif problem.kind == "average" and len(problem.successors) == len(problem.entry_offsets) - 1:
        solve_each(problem, lambda reward: timed(lambda: karp(problem, reward)))
    else:
        solve_each(problem, lambda reward: timed(lambda: several(problem, backup, reward[None])[0]))


def multiply(problem: Problem, _: object, rewards: np.ndarray) -> np.ndarray:
    """The best outcome of an explicit set for rewards as rows."""
    return (rewards @ problem.outcomes.T).max(axis=1)


if __name__ == "__main__":
    main()
