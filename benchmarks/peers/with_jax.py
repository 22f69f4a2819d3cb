"""JAX on the processor, compiled, many rewards at once, in double precision."""

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from exchange import Problem, pad_choices, read_problem, solve_batches  # noqa: E402


def best_expected(successors: jax.Array, probabilities: jax.Array | None, values: jax.Array) -> jax.Array:
    """The best expected value over the choices of each state, rewards as columns."""
    best = None
    for choice in range(successors.shape[1]):
        ahead = values[successors[:, choice, 0]]
        if probabilities is not None:
            ahead = sum(
                probabilities[:, choice, k, None] * values[successors[:, choice, k]] for k in range(successors.shape[2])
            )
        best = ahead if best is None else jnp.maximum(best, ahead)
    return best


def make_solver(problem: Problem):
    """A compiled function from rewards as columns to answers as columns."""
    if problem.kind == "explicit":
        outcomes = jnp.asarray(problem.outcomes)
        return jax.jit(lambda columns: (outcomes @ columns).max(axis=0))
    padded, weights, _ = pad_choices(problem)
    successors = jnp.asarray(padded.astype(np.int32))
    probabilities = None if padded.shape[2] == 1 else jnp.asarray(weights)
    discount = problem.discount if problem.kind == "discounted" else 1.0
    factor = problem.discount / (1 - problem.discount) if problem.kind == "discounted" else 1.0

    def advance(state):
        columns, values, _, _ = state
        change = columns + discount * best_expected(successors, probabilities, values) - values
        low, high = change.min(axis=0), change.max(axis=0)
        if problem.kind == "average":
            values = values + change / 2  # the lazy chain, which has no period
            return columns, values - values[0], low, high
        return columns, values + change, low, high

    def solve(columns):
        start = (columns, jnp.zeros_like(columns), jnp.zeros(columns.shape[1]), jnp.full(columns.shape[1], jnp.inf))
        wide = lambda state: ((state[3] - state[2]) * factor / 2).max() > problem.error  # noqa: E731
        _, values, low, high = jax.lax.while_loop(wide, advance, start)
        return values + factor * (low + high) / 2 if problem.kind == "discounted" else (low + high) / 2

    return jax.jit(solve)


def main() -> None:
    """Solve the problem that the command line names."""
    problem = read_problem()
    solve = make_solver(problem)
    solve_batches(problem, lambda rewards: np.asarray(solve(jnp.asarray(np.ascontiguousarray(rewards.T)))).T)


if __name__ == "__main__":
    main()
