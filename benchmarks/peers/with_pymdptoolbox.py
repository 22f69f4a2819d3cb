"""pymdptoolbox, one reward at a time.

Methods: ``ValueIteration``, ``PolicyIteration`` (discounted), ``RelativeValueIteration`` (average).
"""

import numpy as np
from exchange import method, pad_choices, read_problem, solve_each, timed
from mdptoolbox import mdp
from scipy.sparse import csr_matrix


def main() -> None:
    """Solve the problem that the command line names."""
    problem = read_problem()
    n = problem.n_states
    successors, probabilities, _ = pad_choices(problem)
    rows = np.repeat(np.arange(n), successors.shape[2])
    transitions = [
        csr_matrix((probabilities[:, a].ravel(), (rows, successors[:, a].ravel())), shape=(n, n))
        for a in range(successors.shape[1])
    ]

    def solve(reward: np.ndarray) -> tuple[object, float]:
        rewards = np.repeat(reward[:, None], len(transitions), axis=1)
        if method() == "RelativeValueIteration":
            model = mdp.RelativeValueIteration(transitions, rewards, epsilon=problem.error, max_iter=100_000)
        elif method() == "PolicyIteration":
            model = mdp.PolicyIteration(transitions, rewards, problem.discount)
        else:
            model = mdp.ValueIteration(transitions, rewards, problem.discount, epsilon=problem.error, max_iter=100_000)
        _, seconds = timed(model.run)
        return model.average_reward if problem.kind == "average" else model.V, seconds

    solve_each(problem, solve)


if __name__ == "__main__":
    main()
