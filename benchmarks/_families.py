"""Small random questions, drawn from seeds: models of 4 to 6 states, outcome vectors dense, sparse or symmetric."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import orbitwise as ow


def random_model(seed: int, *, stochastic: bool):
    """A model of 4 to 6 states with 1 to 3 actions each, 2 or 3 at the start; half of the actions stay in place."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(4, 7))
    names = [f"s{i}" for i in range(size)]
    builder = ow.Builder(f"random {seed}", start="s0")
    for i, name in enumerate(names):
        for k in range(int(rng.integers(2, 4) if i == 0 else rng.integers(1, 4))):
            if stochastic and rng.random() < 0.5:
                one, other = rng.choice(size, size=2, replace=False)
                chance = Fraction(int(rng.integers(1, 4)), 4)
                successor = {names[one]: chance, names[other]: 1 - chance}
            else:
                successor = name if i and rng.random() < 0.5 else names[int(rng.integers(size))]
            builder.add(name, f"a{k}", successor)
    return builder.build()


def random_question(seed: int, *, stochastic: bool):
    """Its first action against its second: average reward for even seeds, discount 9/10 for odd ones."""
    model = random_model(seed, stochastic=stochastic)
    return ow.ask(model, prefer="take:a0", over="take:a1", **({"discount": "9/10"} if seed % 2 else {}))


def dense(seed: int, d: int, n_prefer: int, n_over: int, total: int = 9):
    """Outcomes with one sum and no planned symmetry."""
    rows = np.random.default_rng(seed).multinomial(total, np.ones(d) / d, size=n_prefer + n_over).tolist()
    return ow.ask_vectors(prefer=rows[:n_prefer], over=rows[n_prefer:])


def signed(seed: int, d: int, n_prefer: int, n_over: int):
    """Entries from -1 to 2, so that sums differ, and the last coordinate stays in place for odd seeds."""
    rows = np.unique(np.random.default_rng(seed).integers(-1, 3, (4 * (n_prefer + n_over), d)), axis=0)
    rows = np.random.default_rng(seed).permutation(rows)[: n_prefer + n_over].tolist()
    permute = [str(i) for i in range(d - 1)] if seed % 2 else None
    return ow.ask_vectors(prefer=rows[:n_prefer], over=rows[n_prefer:], permute=permute)


def symmetric(seed: int, d: int, n_prefer: int, n_over: int):
    """Dense outcomes in which three coordinates are always alike."""
    rows = np.random.default_rng(seed).multinomial(7, np.ones(d - 2) / (d - 2), size=n_prefer + n_over).tolist()
    rows = [[row[0]] * 3 + row[1:] for row in rows]
    return ow.ask_vectors(prefer=rows[:n_prefer], over=rows[n_prefer:])
