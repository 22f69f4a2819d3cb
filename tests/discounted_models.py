"""Small models with known answers, and two solvers that share no code with the package: exact and floating-point."""

from fractions import Fraction

import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph

Model = list[list[dict[int, Fraction]]]  # node -> choices -> successor: probability


def make_graph(model: Model) -> ChoiceGraph:
    """The model as arrays, with its exact probabilities."""
    choices = [choice for node in model for choice in node]
    exact = [p for choice in choices for p in choice.values()]
    deterministic = all(len(choice) == 1 for choice in choices)
    return ChoiceGraph(
        choice_offsets=np.cumsum([0, *(len(node) for node in model)]),
        entry_offsets=np.cumsum([0, *(len(choice) for choice in choices)]),
        successors=np.array([v for choice in choices for v in choice], dtype=np.int64),
        probabilities=np.array([float(p) for p in exact]),
        exact=None if deterministic else np.array(exact, dtype=object),
    )


def random_model(rng: np.random.Generator, n_nodes: int, *, deterministic: bool) -> Model:
    """Any shape: self-loops, absorbing nodes, single choices, parallel loops, unreachable parts, tiny probabilities."""
    model: Model = []
    for u in range(n_nodes):
        choices = []
        for _ in range(int(rng.integers(1, 4))):
            n = 1 if deterministic else int(rng.integers(1, min(4, n_nodes + 1)))
            support = rng.choice(n_nodes, n, replace=False).tolist()
            if rng.random() < 0.3 and u not in support:
                support[0] = u
            parts = [int(x) for x in rng.choice([1, 1, 2, 3, 7, 1000, 10**6], n)]
            choices.append({v: Fraction(part, sum(parts)) for v, part in zip(support, parts, strict=True)})
        if rng.random() < 0.15:
            choices = [{u: Fraction(1)}]
        model.append(choices)
    return model


def random_rewards(rng: np.random.Generator, n_rewards: int, n_nodes: int) -> np.ndarray:
    """Uniform, integer with ties, constant, near-tied, sparse, offset, huge and tiny rewards, mixed in one batch."""
    rows = []
    for i in range(n_rewards):
        row = rng.random(n_nodes)
        match i % 9:
            case 1:
                row = rng.integers(-2, 3, n_nodes).astype(float)
            case 2:
                row = np.full(n_nodes, rng.normal())
            case 3:
                row = 1.0 + rng.integers(0, 3, n_nodes) * 2.0**-50
            case 4:
                row = (rng.random(n_nodes) < 0.3).astype(float)
            case 5:
                row = 1e9 + row
            case 6:
                row = (row - 0.5) * 1e300
            case 7:
                row = (row - 0.5) * 1e-305
            case 8:
                row = -row * 10.0 ** rng.integers(-6, 6, n_nodes)
        rows.append(row)
    return np.array(rows)


def solve_by_fractions(model: Model, reward: list[Fraction], discount: Fraction) -> list[Fraction]:
    """Exact optimal values: Howard's policy iteration with Gaussian elimination in Python's fractions."""
    n = len(model)
    policy = [0] * n
    while True:
        table = [[Fraction(int(i == j)) for j in range(n)] + [reward[i]] for i in range(n)]
        for u in range(n):
            for v, p in model[u][policy[u]].items():
                table[u][v] -= discount * p
        for k in range(n):
            pivot = next(i for i in range(k, n) if table[i][k] != 0)
            table[k], table[pivot] = table[pivot], table[k]
            scale = table[k][k]
            table[k] = [x / scale for x in table[k]]
            for i in range(n):
                if i != k and table[i][k] != 0:
                    factor = table[i][k]
                    table[i] = [x - factor * y for x, y in zip(table[i], table[k], strict=True)]
        values = [row[n] for row in table]
        better = False
        for u in range(n):
            worth = [sum(p * values[v] for v, p in choice.items()) for choice in model[u]]
            best = max(range(len(worth)), key=worth.__getitem__)
            if worth[best] > worth[policy[u]]:
                policy[u], better = best, True
        if not better:
            return values


def iterate_values(graph: ChoiceGraph, reward: np.ndarray, discount: float) -> np.ndarray:
    """Optimal values by plain value iteration in doubles, to rounding."""
    values = np.zeros(graph.n_nodes)
    while True:
        expected = np.add.reduceat(graph.probabilities * values[graph.successors], graph.entry_offsets[:-1])
        improved = reward + discount * np.maximum.reduceat(expected, graph.choice_offsets[:-1])
        if np.abs(improved - values).max() <= 1e-13 * (1 + np.abs(improved).max()):
            return improved
        values = improved


def chain(n: int) -> Model:
    """Haddad and Monmege's chain: right with 1/2, else back to the start, towards two absorbing ends."""
    half = Fraction(1, 2)
    model: Model = [[{0: Fraction(1)}]]
    for i in range(1, n):
        model.append([{i + 1: half, max(i - 1, 0) if i < n // 2 else 1: half}])
    model.append([{n: Fraction(1)}])
    return model


def grid(size: int, *, stay: bool = True) -> Model:
    """A square of cells with moves in four directions; a move off the board stays (``stay``) or does not exist."""
    model: Model = []
    for i in range(size):
        for j in range(size):
            targets = [i * size + j] if stay else []
            for a, b in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                if 0 <= a < size and 0 <= b < size:
                    targets.append(a * size + b)
                elif stay:
                    targets.append(i * size + j)
            model.append([{v: Fraction(1)} for v in targets])
    return model
