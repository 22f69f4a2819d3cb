"""Storm through stormpy, one reward at a time, with its default (sound) methods.

Methods: ``discounted`` asks for Storm's own discounted reward; ``termination`` makes the discount g an event: with
probability 1 - g every choice leads to a sink, and the expected total reward until then is the discounted value;
``average`` asks for the long-run average. The model is given its rewards when it is built; that is not counted.
"""

import numpy as np
import stormpy
from exchange import Problem, method, read_problem, solve_each, timed
from stormpy.datastructures import SparseMatrixBuilder
from stormpy.models import SparseMdp, SparseModelComponents, SparseRewardModel, StateLabeling

FORMULAS = {
    "discounted": 'R{{"reward"}}max=? [Cdiscount={}]',
    "termination": 'R{{"reward"}}max=? [F "end"]',
    "average": 'R{{"reward"}}max=? [LRA]',
}


def make_transitions(problem: Problem, *, ends: bool):
    """Rows of choices; when the process ends at random, the last state is the sink."""
    keep = problem.discount if ends else 1.0
    n = problem.n_states
    builder = SparseMatrixBuilder[float](has_custom_row_grouping=True)
    row = 0
    for state in range(n):
        builder.new_row_group(row)
        for choice in range(problem.choice_offsets[state], problem.choice_offsets[state + 1]):
            entries = slice(problem.entry_offsets[choice], problem.entry_offsets[choice + 1])
            successors, law = problem.successors[entries].tolist(), problem.probabilities[entries].tolist()
            for successor, probability in sorted(zip(successors, law, strict=True)):
                builder.add_next_value(row, successor, keep * probability)
            if ends:
                builder.add_next_value(row, n, 1 - keep)
            row += 1
    if ends:
        builder.new_row_group(row)
        builder.add_next_value(row, n, 1.0)
    return builder.build()


def main() -> None:
    """Solve the problem that the command line names."""
    problem = read_problem()
    ends = method() == "termination"
    transitions = make_transitions(problem, ends=ends)
    labels = StateLabeling(problem.n_states + ends)
    labels.add_label("end")
    if ends:
        labels.add_label_to_state("end", problem.n_states)
    formula = stormpy.parse_properties(FORMULAS[method()].format(problem.discount))[0]
    environment = stormpy.environments.sound()
    solver = environment.solver().min_max()
    solver.precision = stormpy.Rational(problem.error)
    solver.relative_termination_criterion = False

    def solve(reward: np.ndarray) -> tuple[object, float]:
        rewards = {"reward": SparseRewardModel[float](optional_state_reward_vector=[*reward.tolist(), *[0.0] * ends])}
        parts = SparseModelComponents[float](
            transition_matrix=transitions, state_labeling=labels, reward_models=rewards
        )
        model = SparseMdp[float](parts)
        found, seconds = timed(lambda: stormpy.model_checking(model, formula, environment=environment))
        values = np.array([found.get_value(state) for state in range(problem.n_states)])
        return (values[problem.start] if problem.kind == "average" else values), seconds

    solve_each(problem, solve)


if __name__ == "__main__":
    main()
