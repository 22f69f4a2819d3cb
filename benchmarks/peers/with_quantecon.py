"""QuantEcon's DiscreteDP on state-action pairs, one reward at a time.

Methods: ``modified_policy_iteration``, ``policy_iteration``.
"""

import numpy as np
from exchange import method, read_problem, solve_each, timed
from quantecon.markov import DiscreteDP
from scipy.sparse import csr_matrix


def main() -> None:
    """Solve the problem that the command line names."""
    problem = read_problem()
    n_choices = np.diff(problem.choice_offsets)
    states = np.repeat(np.arange(problem.n_states), n_choices)
    actions = np.arange(len(states)) - np.repeat(problem.choice_offsets[:-1], n_choices)
    shape = (len(states), problem.n_states)
    transitions = csr_matrix((problem.probabilities, problem.successors, problem.entry_offsets), shape=shape)

    def solve(reward):
        model = DiscreteDP(reward[states], transitions, problem.discount, states, actions)
        found, seconds = timed(lambda: model.solve(method=method(), epsilon=2 * problem.error, max_iter=100_000))
        return found.v, seconds

    solve_each(problem, solve)


if __name__ == "__main__":
    main()
