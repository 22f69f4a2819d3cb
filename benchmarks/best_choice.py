"""How often does the search for T1, T2 and T3 find the best choice of A', B' and the permutations?

    python benchmarks/best_choice.py [--quick] [--questions 100] [--seed 0]

prints, for 4, 5 and 6 permuted coordinates and up to 12 outcomes in all, how often the best bound of T1, T2 and T3 that
``certify`` finds equals that of an exhaustive search, what either takes, and which choice won.

Exhaustive means: the largest bound over *all* groups of permutations of the coordinates (30, 156 or 1,455 subgroups),
*all* finite sets B' whatever whose convex hull contains B, and *all* A' inside A. For a given group that is a finite
task: a bound t > 0 is provable exactly if B lies in the convex hull of those of the group's orbits of outcomes of A in
which A has at least the share t (``orbitwise.evidence.group_orbits`` has the proof). T1 and T3 are included, because
the permutations of a proof by copies or by blocks generate a group that gives T2 the same bound.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

import orbitwise as ow
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.subgroups import list_subgroups

MOST_OUTCOMES = 12


def find_best_bound(question: ow.Question) -> Fraction:
    """The exhaustive search, on dense vectors and in floats but for the shares; shares no code with the package's."""
    prefer, over = question.outcomes
    mine, theirs = ([tuple(row) for row in side.floats.tolist()] for side in (prefer, over))
    place = question.permutable
    best = Fraction(0)
    for generators in list_subgroups(len(place)):
        orbits = _orbits_of(mine, generators, place, best)
        for share in sorted({s for s, _ in orbits if s > best}, reverse=True):
            if _is_inside(theirs, [v for s, orbit in orbits if s >= share for v in orbit]):
                best = share
                break
    return best


def _orbits_of(mine, generators, place, above):
    """Each orbit of an outcome of A, with A's share in it, if that is larger than ``above``."""
    orbits, seen, members = [], set(), set(mine)
    alike = Counter(tuple(sorted(vector)) for vector in mine)
    for first in mine:
        if first in seen:
            continue
        orbit, waiting = {first}, [first]
        while waiting and len(orbit) * above < alike[tuple(sorted(first))]:
            vector = waiting.pop()
            for generator in generators:
                moved = list(vector)
                for i, j in enumerate(generator):
                    moved[place[j]] = vector[place[i]]
                if tuple(moved) not in orbit:
                    orbit.add(tuple(moved))
                    waiting.append(tuple(moved))
        seen |= orbit
        share = Fraction(len(orbit & members), len(orbit))
        if share > above and not waiting:
            orbits.append((share, orbit))
    return orbits


def _is_inside(vectors, hull):
    """Whether all vectors are convex combinations of the hull's, by one linear program each."""
    columns = np.array(hull).T
    table = np.vstack([columns, np.ones(columns.shape[1])])
    for vector in vectors:
        if vector in hull:
            continue
        goal = np.append(vector, 1.0)
        solved = linprog(np.zeros(table.shape[1]), A_eq=table, b_eq=goal, bounds=(0, None), method="highs")
        if solved.status != 0:
            return False
    return True


def iter_questions(rng: np.random.Generator, n_coordinates: int):
    """Random questions in turn: a deterministic environment, a random one, vectors with entries that repeat."""
    for kind in itertools.cycle(("deterministic", "random", "vectors")):
        question = _random_vectors(rng, n_coordinates) if kind == "vectors" else _random_play(rng, n_coordinates, kind)
        if question is None:
            continue
        prefer, over = question.outcomes
        if len(prefer) + len(over) <= MOST_OUTCOMES and not set(over.vectors) <= set(prefer.vectors):
            yield kind, question


def _random_vectors(rng, d):
    bases = [[int(x) for x in rng.integers(-1, 3, size=d)] for _ in range(rng.integers(1, 3))]
    sides = []
    for size in (rng.integers(1, 8), rng.integers(1, 5)):
        side = [bases[rng.integers(len(bases))] for _ in range(size)]
        sides.append([[row[i] for i in rng.permutation(d)] for row in side])
    return ow.ask_vectors(prefer=sides[0], over=sides[1])


def _random_play(rng, d, kind):
    names = [f"s{i}" for i in range(d)]
    builder = ow.Builder("random")
    for name in names:
        for k in range(rng.integers(1, 4)):
            successor = name if rng.random() < 0.4 else names[rng.integers(d)]
            if kind == "random" and rng.random() < 0.4:
                two = rng.choice(d, size=2, replace=False)
                share = Fraction(int(rng.integers(1, 4)), 4)
                successor = {names[two[0]]: share, names[two[1]]: 1 - share}
            builder.add(name, f"a{k}", successor)
    mdp = builder.build()
    state = names[rng.integers(1, d)]
    sets = [(f"avoid:{state}", f"enter:{state}"), ("take:a0", "take:a1"), (f"avoid:{state}", f"end:{state}")]
    prefer, over = sets[rng.integers(len(sets))]
    try:
        question = ow.ask(mdp, prefer=prefer, over=over, limit=2_000)
        return None if isinstance(question.outcomes, NotSupported) else question
    except InvalidInput:
        return None


def measure(n_coordinates: int, n_questions: int, seed: int) -> tuple[int, int, float, float, float, Counter]:
    """How many questions, on how many the best was found, mean and longest seconds of either, and what won."""
    rng = np.random.default_rng([seed, n_coordinates])
    list_subgroups(n_coordinates)
    hits, slowest, searched, exhausted, won = 0, 0.0, 0.0, 0.0, Counter()
    for _, question in itertools.islice(iter_questions(rng, n_coordinates), n_questions):
        began = time.perf_counter()
        certificates = [c for c in ow.certify(question)[0] if c.theorem in ("T1", "T2", "T3")]
        lasted = time.perf_counter() - began
        searched, slowest = searched + lasted, max(slowest, lasted)
        bound = certificates[0].bound if certificates else Fraction(0)
        began = time.perf_counter()
        best = find_best_bound(question)
        exhausted += time.perf_counter() - began
        if bound > best:
            raise RuntimeError(
                f"certified {bound}, but the exhaustive search finds only {best}: one of the two is wrong"
            )
        hits += bound == best
        winner = next((c for c in certificates if c.theorem == "T2"), None)
        won["nothing" if winner is None else winner.choice.partition(";")[0]] += 1
    return n_questions, hits, searched / n_questions, slowest, exhausted / n_questions, won


def main() -> None:
    """Print one line for each number of coordinates, then which choices won."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="eight questions")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wanted = 8 if options.quick else options.questions
    print("coordinates  questions  best found  search mean, longest  exhaustive mean")
    total = Counter()
    for d in (4, 5, 6):
        n_questions = wanted if d < 6 else -(-wanted // 4)  # each of these takes seconds
        n, hits, searched, slowest, exhausted, won = measure(d, n_questions, options.seed)
        total += won
        print(f"{d:11}  {n:9}  {hits:10}  {searched:9.3f} s, {slowest:5.2f} s  {exhausted:13.3f} s")
    for what, times in total.most_common():
        print(f"{times:5}  {what}")


if __name__ == "__main__":
    main()
