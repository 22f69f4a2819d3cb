"""mdpsolver's modified policy iteration, one reward at a time.

Its model takes the rewards when it is built; the building is not counted.
"""

import numpy as np
from exchange import read_problem, solve_each, timed
from mdpsolver import model as make_model


def main() -> None:
    """Solve the problem that the command line names."""
    problem = read_problem()
    entries = [slice(a, b) for a, b in zip(problem.entry_offsets[:-1], problem.entry_offsets[1:], strict=True)]
    choices = [range(a, b) for a, b in zip(problem.choice_offsets[:-1], problem.choice_offsets[1:], strict=True)]
    columns = [[problem.successors[entries[c]].tolist() for c in own] for own in choices]
    probabilities = [[problem.probabilities[entries[c]].tolist() for c in own] for own in choices]

    def solve(reward: np.ndarray) -> tuple[object, float]:
        model = make_model()
        rewards = [[float(value)] * len(own) for value, own in zip(reward, choices, strict=True)]
        model.mdp(discount=problem.discount, rewards=rewards, tranMatProbs=probabilities, tranMatColumns=columns)
        _, seconds = timed(lambda: model.solve(tolerance=problem.error, parallel=False, makeFinalCheck=False))
        return model.getValueVector(), seconds

    solve_each(problem, solve)


if __name__ == "__main__":
    main()
