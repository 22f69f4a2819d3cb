"""PyTorch on the processor, many rewards at once, in double precision."""

import numpy as np
import torch
from exchange import Problem, pad_choices, read_problem, solve_batches


def best_expected(successors: list, probabilities: list | None, values: torch.Tensor) -> torch.Tensor:
    """The best expected value over the choices of each state, rewards as columns."""
    best = None
    for choice, columns in enumerate(successors):
        if probabilities is None:
            ahead = values.index_select(0, columns[0])
        else:
            ahead = probabilities[choice][0] * values.index_select(0, columns[0])
            for weights, column in zip(probabilities[choice][1:], columns[1:], strict=True):
                ahead.addcmul_(weights, values.index_select(0, column))
        best = ahead if best is None else torch.maximum(best, ahead)
    return best


def solve(problem: Problem, successors: list, probabilities: list | None, rewards: np.ndarray) -> np.ndarray:
    """Value iteration with MacQueen's bounds, or relative value iteration on the lazy chain."""
    columns = torch.from_numpy(np.ascontiguousarray(rewards.T))
    discounted = problem.kind == "discounted"
    discount = problem.discount if discounted else 1.0
    factor = discount / (1 - discount) if discounted else 1.0
    values = torch.zeros_like(columns)
    while True:
        change = columns + discount * best_expected(successors, probabilities, values) - values
        low, high = change.amin(dim=0), change.amax(dim=0)
        narrow = float(((high - low) * factor / 2).max()) <= problem.error
        if not discounted:
            if narrow:
                return ((low + high) / 2).numpy()
            values = values + change / 2
            values = values - values[0]
            continue
        values = values + change
        if narrow:
            return (values + factor * (low + high) / 2).T.numpy()


def main() -> None:
    """Solve the problem that the command line names."""
    torch.set_num_threads(1)
    problem = read_problem()
    if problem.kind == "explicit":
        outcomes = torch.from_numpy(problem.outcomes)
        solve_batches(problem, lambda rewards: (torch.from_numpy(rewards) @ outcomes.T).amax(dim=1).numpy())
        return
    padded, weights, _ = pad_choices(problem)
    shape = padded.shape
    successors = [[torch.from_numpy(padded[:, c, k].copy()) for k in range(shape[2])] for c in range(shape[1])]
    probabilities = [
        [torch.from_numpy(weights[:, c, k, None].copy()) for k in range(shape[2])] for c in range(shape[1])
    ]
    solve_batches(
        problem, lambda rewards: solve(problem, successors, None if shape[2] == 1 else probabilities, rewards)
    )


if __name__ == "__main__":
    main()
