"""Truth by exhaustion, and random small questions to try it on; independent of the package's counting."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import orbitwise as ow
from orbitwise.errors import InvalidInput, NotSupported


def orbit_of(reward, permutable):
    """All distinct permutations of a reward on the permutable coordinates, shape (orbit size, d), integers."""
    arrangements = arrangements_of([reward[i] for i in permutable])
    rows = np.tile(np.array(reward, dtype=np.int64), (len(arrangements), 1))
    rows[:, list(permutable)] = arrangements
    return rows


def arrangements_of(values):
    """All distinct orders of some values; each value that may come first, before all orders of the others."""
    if not values:
        return [()]
    found = []
    for first in sorted(set(values)):
        others = list(values)
        others.remove(first)
        found += [(first, *rest) for rest in arrangements_of(others)]
    return found


def differences(question, reward):
    """h_A - h_B on every element of the orbit of an integer reward, exact integers up to a common positive factor."""
    rows = orbit_of(reward, question.permutable)
    best = []
    denominators = [side.scaled[1] for side in question.outcomes]
    for side, other in zip(question.outcomes, reversed(denominators), strict=True):
        table = np.array(side.scaled[0].tolist(), dtype=object) * other
        best.append((rows.astype(object) @ table.T).max(axis=1))
    return best[0] - best[1]


def weak_share(question, reward):
    """The exact weak share of A over the orbit."""
    gaps = differences(question, reward)
    return Fraction(int((gaps >= 0).sum()), len(gaps))


def random_mdp(rng, n_states, *, stochastic):
    """A random MDP in which every state has one to three actions; most states can stay."""
    names = [f"s{i}" for i in range(n_states)]
    builder = ow.Builder("random")
    for name in names:
        for k in range(rng.integers(1, 4)):
            if stochastic and rng.random() < 0.4:
                targets = rng.choice(n_states, size=2, replace=False)
                share = Fraction(int(rng.integers(1, 4)), 4)
                successor = {names[targets[0]]: share, names[targets[1]]: 1 - share}
            else:
                successor = name if rng.random() < 0.5 else names[rng.integers(n_states)]
            builder.add(name, f"a{k}", successor)
    return builder.build()


def random_set(rng, mdp, at):
    """The text of a random policy set."""
    states = rng.permutation(mdp.n_states)[: rng.integers(1, 3)]
    listed = ",".join(mdp.states[i] for i in states)
    actions = mdp.action_names(at)
    action = actions[rng.integers(len(actions))]
    kind = rng.integers(6)
    return [
        f"take:{action}",
        f"always:{action}",
        f"avoid:{listed}",
        f"enter:{listed}",
        f"end:{listed}",
        f"take:{action}",
    ][kind]


def random_question(rng, *, stochastic, n_states=None, criterion="average", permute_some=True):
    """A random small question that is not empty on either side, with its outcomes listed."""
    while True:
        size = int(n_states or rng.integers(3, 6))
        mdp = random_mdp(rng, size, stochastic=stochastic)
        permute = None
        if permute_some and rng.random() < 0.25:
            permute = [mdp.states[i] for i in sorted(rng.permutation(size)[: rng.integers(2, size)])]
        how = (
            {"criterion": "average"} if criterion == "average" else {"discount": Fraction(int(rng.integers(1, 10)), 10)}
        )
        try:
            question = ow.ask(
                mdp, prefer=random_set(rng, mdp, 0), over=random_set(rng, mdp, 0), permute=permute, limit=2_000, **how
            )
        except InvalidInput:
            continue
        if not isinstance(question.outcomes, NotSupported) and all(map(len, question.outcomes)):
            return question


def random_vectors_question(rng):
    """A question on explicit vectors with a planted symmetry, so that copies are common; entries may be negative."""
    d = int(rng.integers(3, 6))
    if rng.random() < 0.6:
        base = [[int(i < rng.integers(1, 3)) for i in range(d)]]
    else:
        base = [[int(x) for x in rng.integers(-1, 3, size=d)] for _ in range(rng.integers(1, 3))]
    sides = []
    for size in (rng.integers(1, 5), rng.integers(1, 3)):
        side = [list(base[rng.integers(len(base))]) for _ in range(size)]
        sides.append([[row[i] for i in rng.permutation(d)] if rng.random() < 0.8 else row for row in side])
    permute = None if rng.random() < 0.75 else [str(i) for i in sorted(rng.permutation(d)[: rng.integers(2, d)])]
    return ow.ask_vectors(prefer=sides[0], over=sides[1], permute=permute)


def random_rewards(rng, n_coordinates, n):
    """Random integer rewards: spread out, few values, one-hots, constant, steep, flat at the top."""
    found = []
    for _ in range(n):
        kind = rng.integers(6)
        if kind == 0:
            row = rng.integers(-50, 50, size=n_coordinates)
        elif kind == 1:
            row = rng.integers(0, 2, size=n_coordinates)
        elif kind == 2:
            row = np.eye(n_coordinates, dtype=int)[0] * (1 - 2 * rng.integers(0, 2))
        elif kind == 3:
            row = 3 ** np.arange(n_coordinates)
        elif kind == 4:
            row = -(3 ** np.arange(n_coordinates))
        else:
            row = rng.integers(0, 4, size=n_coordinates)
        found.append([int(x) for x in row])
    return found
