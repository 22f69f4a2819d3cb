"""Counts, comparisons and solved orbits against the whole orbit, element by element, in fractions."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import brute_force
import orbitwise as ow
from orbitwise.errors import InvalidInput
from orbitwise.evidence.comparison import compare_support
from orbitwise.evidence.comparison_listed import prepare_listed
from orbitwise.evidence.comparison_solved import find_visited_states, prepare_solved
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.counts_enumeration import count_by_enumeration
from orbitwise.evidence.counts_implicit import Tally, tally_orbit
from orbitwise.evidence.counts_reduction import reduce_outcomes, reduce_values
from orbitwise.evidence.counts_unit import count_unit_vectors
from orbitwise.evidence.kinds import OrbitCount
from orbitwise.outcomes.question import ask_vectors
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.rewards import RewardBatch, iter_orbit, orbit_of


def count_one_by_one(question, reward, within=None):
    """The four-way count, from the definition."""
    prefer, over = question.outcomes
    seen, cases = set(), [0, 0, 0, 0]
    for order in permutations(question.permutable):
        image = list(reward)
        for here, there in zip(question.permutable, order, strict=True):
            image[here] = reward[there]
        if tuple(image) in seen:
            continue
        seen.add(tuple(image))
        ours, theirs = prefer.exact_support(image), over.exact_support(image)
        best = max(ours, theirs) if within is None else max(ours, theirs, within.exact_support(image))
        cases[
            {(True, False): 0, (False, True): 1, (True, True): 2, (False, False): 3}[ours == best, theirs == best]
        ] += 1
    return OrbitCount(*cases)


def random_vector(rng, d, kind):
    if kind == "integers":
        return [int(x) for x in rng.integers(-2, 3, d)]
    if kind == "units":
        return [2 * int(i == k) for k in [rng.integers(d)] for i in range(d)]
    chosen = rng.random(d) < 0.6
    chosen[rng.integers(d)] = True
    return [Fraction(int(x), int(chosen.sum())) for x in chosen]


def random_case(rng):
    """Overlapping sets, signed or huge entries, fixed coordinates, a larger C, rewards with ties."""
    d = int(rng.integers(2, 7))
    kind = rng.choice(["integers", "units", "uniform"])
    sides = [[random_vector(rng, d, kind) for _ in range(rng.integers(1, 4))] for _ in range(2)]
    if rng.random() < 0.2:  # sums need more than 64 bits
        sides = [[[x * 10**30 + int(rng.integers(2)) for x in row] for row in side] for side in sides]
    if rng.random() < 0.2:
        sides = [[[-x for x in row] for row in side] for side in sides]
    permute = None if rng.random() < 0.5 else [str(i) for i in range(d) if rng.random() < 0.6]
    rows = [random_vector(rng, d, kind) for _ in range(2)]
    within = Outcomes.of([{i: Fraction(x) for i, x in enumerate(row)} for row in rows], d)
    question = ask_vectors(prefer=sides[0], over=sides[1], permute=permute)
    reward = [Fraction(int(x), 3) for x in rng.integers(-1, rng.integers(1, 6), d)]
    return question, reward, within if rng.random() < 0.4 else None


def test_a_count_is_the_count_of_all_permutations():
    """On 1,200 random questions about vectors the four-way count is what going through the orbit gives."""
    rng = np.random.default_rng(20)
    for _ in range(1_200):
        question, reward, within = random_case(rng)
        assert count_orbit(question, reward, within=within) == count_one_by_one(question, reward, within)


@pytest.mark.parametrize("stochastic", [False, True])
def test_a_count_about_an_environment_is_the_count_of_all_permutations(stochastic):
    """The same for the outcomes of 60 random environments, under average and discounted reward."""
    rng = np.random.default_rng(21)
    for k in range(60):
        question = brute_force.random_question(
            rng, stochastic=stochastic, criterion="average" if k % 2 else "discounted"
        )
        for row in brute_force.random_rewards(rng, question.n_coordinates, 3):
            reward = [Fraction(x) for x in row]
            assert count_orbit(question, reward) == count_one_by_one(question, reward)


def test_the_closed_form_and_enumeration_agree():
    """For unit vectors, possibly negative, with fixed coordinates and a larger C: both ways give the same counts."""
    rng = np.random.default_rng(22)
    compared = 0
    while compared < 300:
        d = int(rng.integers(3, 9))
        scale = int(rng.choice([-3, 1, 2]))
        sides = [[{int(i): Fraction(scale)} for i in rng.integers(0, d, rng.integers(1, 4))] for _ in range(3)]
        prefer, over, within = (Outcomes.of(side, d) for side in sides)
        permutable = [i for i in range(d) if rng.random() < 0.8]
        reduction = reduce_outcomes(prefer, over, within, permutable)
        values = reduce_values(reduction, [Fraction(int(x)) for x in rng.integers(-2, 3, d)], permutable)
        if reduction.unit is None or not reduction.groups:
            continue
        compared += 1
        closed = count_unit_vectors(reduction, values, work_limit=10**9)
        assert closed == count_by_enumeration(reduction, values, work_limit=10**9)


def signs_one_by_one(question, batch):
    prefer, over = question.outcomes
    gaps = [prefer.exact_support(r) - over.exact_support(r) for r in map(batch.exact, range(len(batch)))]
    return np.array([(gap > 0) - (gap < 0) for gap in gaps])


def test_listed_outcomes_are_compared_exactly():
    """Signs of whole orbits, of nearly tied fractions and of random doubles are those of exact arithmetic."""
    rng = np.random.default_rng(23)
    near = [Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**20), Fraction(2, 3), Fraction(1, 10), Fraction(3, 10)]
    for _ in range(300):
        question, reward, _ = random_case(rng)
        listed = prepare_listed(reduce_outcomes(*question.outcomes, None, question.permutable))
        tied = [near[i] for i in rng.integers(0, len(near), question.n_coordinates)]
        for row in (reward, tied):
            batch = next(iter_orbit(orbit_of(row, question.permutable), rows=50))
            signs = compare_support(listed, batch)
            assert (signs.low == signs.high).all()
            assert (signs.low == signs_one_by_one(question, batch)).all()
        doubles = RewardBatch(rng.choice([0.1, 0.2, 0.30000000000000004, 0.3, 1e-3], (20, question.n_coordinates)))
        assert (compare_support(listed, doubles).low == signs_one_by_one(question, doubles)).all()


@pytest.mark.parametrize("criterion", ["average", "discounted"])
@pytest.mark.parametrize("stochastic", [False, True])
def test_solved_signs_contain_the_true_sign(criterion, stochastic):
    """The solvers' interval of signs contains the sign that all listed outcomes give, and is one sign without duties.

    A duty is an ``enter`` or ``end`` condition. 60 environments for each case, 3 orbits and 10 random rewards on each.
    """
    rng = np.random.default_rng(24)
    open_signs = 0
    for _ in range(60):
        question = brute_force.random_question(rng, stochastic=stochastic, criterion=criterion)
        solved = prepare_solved(question, question.play)
        duty = any(s.enter or s.end is not None for s in (question.play.prefer, question.play.over))
        rewards = brute_force.random_rewards(rng, question.n_coordinates, 3)
        batches = [next(iter_orbit(orbit_of(list(map(Fraction, r)), question.permutable), rows=30)) for r in rewards]
        batches.append(
            next(iter_orbit(orbit_of([Fraction(1, 3**i) for i in range(question.n_coordinates)], [0, 1]), rows=9))
        )
        batches.append(RewardBatch(rng.random((10, question.n_coordinates))))
        for batch in batches:
            signs, true = compare_support(solved, batch), signs_one_by_one(question, batch)
            assert (signs.low <= true).all()
            assert (true <= signs.high).all()
            open_signs += int((~signs.decided).sum())
            assert duty or signs.decided.all()
    if criterion == "average" and not stochastic:
        assert open_signs == 0  # cycles can be told to have entered


@pytest.mark.parametrize("stochastic", [False, True])
def test_a_solved_orbit_is_the_listed_one(stochastic):
    """Where every sign is decided, solving all placements on the visited states gives the exact count."""
    rng = np.random.default_rng(25)
    compared = 0
    while compared < 60:
        question = brute_force.random_question(rng, stochastic=stochastic)
        solved = prepare_solved(question, question.play)
        visited = np.union1d(*find_visited_states(question))
        for row in brute_force.random_rewards(rng, question.n_coordinates, 2):
            reward = [Fraction(x) for x in row]
            tally = tally_orbit(question, solved, visited, reward, work_limit=10**12)
            count = count_one_by_one(question, reward)
            assert isinstance(tally, Tally)
            assert tally.undecided or tally.share == count.share
            if not tally.undecided and not tally.at_least:
                compared += 1
                assert (tally.prefer_only, tally.over_only, tally.both) == (
                    count.prefer_only,
                    count.over_only,
                    count.both,
                )


def test_avoiding_against_entering_is_always_decided():
    """A avoids S, B enters S, anything else is alike: h_A >= h_B is known for every reward, even in random worlds.

    If doing anything is worth more than avoiding, whoever attains it enters; else avoiding is at least as good.
    """
    rng = np.random.default_rng(26)
    asked = 0
    while asked < 40:
        mdp = brute_force.random_mdp(rng, 5, stochastic=True)
        how = {} if asked % 2 else {"discount": "3/4"}
        try:
            question = ow.ask(mdp, prefer="avoid:s3,s4", over="enter:s3,s4", **how)
        except InvalidInput:
            continue
        asked += 1
        batch = RewardBatch(rng.integers(0, 4, (30, 5)).astype(float))
        signs = compare_support(prepare_solved(question, question.play), batch)
        assert (signs.at_least | signs.worse).all()
        assert (signs.at_least == (signs_one_by_one(question, batch) >= 0)).all()
