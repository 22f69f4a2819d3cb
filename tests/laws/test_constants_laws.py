"""The true constant as a law: certificate <= constant <= share of every reward, and the constant is attained.

Where few enough planes separate the comparisons, it also equals the smallest share over one reward from every cell of
their arrangement, found by sweeping lines over the plane: another way than the search's, and over all permutations.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise, permutations
from math import gcd, lcm

import flint
import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, random_question, random_rewards, random_vectors_question
from orbitwise.evidence.constants import Constant, find_constant

PER_KIND = 60
EXHAUSTIVE = 60


@pytest.fixture(scope="module")
def questions():
    """Deterministic, stochastic, vector and discounted questions, 240 in all."""
    rng = np.random.default_rng(21)
    found = []
    for _ in range(PER_KIND):
        found.append(random_question(rng, stochastic=False))
        found.append(random_question(rng, stochastic=True))
        found.append(random_vectors_question(rng))
        found.append(random_question(rng, stochastic=True, criterion="discounted", n_states=4))
    return found


@pytest.fixture(scope="module")
def constants(questions):
    """The weak and the strict constant of each."""
    return [(find_constant(q), find_constant(q, form="strict")) for q in questions]


def test_small_questions_have_a_constant(constants):
    """Up to five coordinates nothing is refused."""
    assert all(isinstance(c, Constant) for pair in constants for c in pair)


def test_no_certificate_exceeds_the_constant(questions, constants):
    """A bound for every reward is at most the minimum; one for almost every reward at most the strict constant."""
    tried = 0
    for question, (weak, strict) in zip(questions, constants, strict=True):
        for certificate in ow.certify(question)[0]:
            if certificate.epsilon is not None:
                continue
            tried += 1
            assert certificate.bound <= weak.share, certificate.document
            if certificate.strict_almost_everywhere:
                assert certificate.bound <= strict.share, certificate.document
    assert tried >= 200


def test_no_reward_does_worse_than_the_constant(questions, constants):
    """Weak: on 20 rewards each. Strict: on rewards of large random integers, which have no accidental ties."""
    rng = np.random.default_rng(22)
    for question, (weak, strict) in zip(questions, constants, strict=True):
        d = question.n_coordinates
        for reward in random_rewards(rng, d, 20):
            gaps = differences(question, reward)
            assert Fraction(int((gaps >= 0).sum()), len(gaps)) >= weak.share, (question.outcomes, reward)
        for _ in range(5):
            gaps = differences(question, [int(x) for x in rng.integers(0, 10**9, size=d)])
            assert Fraction(int((gaps > 0).sum()), len(gaps)) >= strict.share, question.outcomes


def test_the_constant_is_attained_by_its_reward(questions, constants):
    """The share of the reward, counted by brute force, is the constant."""
    for question, (weak, strict) in zip(questions, constants, strict=True):
        gaps = differences(question, whole(weak.reward))
        assert Fraction(int((gaps >= 0).sum()), len(gaps)) == weak.share
        gaps = differences(question, whole(strict.reward))
        assert Fraction(int((gaps > 0).sum()), len(gaps)) == strict.share


def test_the_constant_is_the_smallest_share_over_all_cells(questions, constants):
    """The sweep over every cell finds the same weak and strict minimum."""
    tried, searched = 0, 0
    for question, (weak, strict) in zip(questions, constants, strict=True):
        shares = shares_of_cells(question)
        if shares is None:
            continue
        assert weak.share == min(share for share, _ in shares), question.outcomes
        assert strict.share == min(share for _, share in shares), question.outcomes
        tried += 1
        searched += weak.how.startswith("branch")
    assert tried >= EXHAUSTIVE
    assert searched >= EXHAUSTIVE // 4


def test_four_coordinates_without_symmetry_agree_with_the_sweep():
    """Outcomes of one sum over four coordinates, where certificates seldom help and the search has to cut."""
    rng = np.random.default_rng(25)
    tried = 0
    while tried < 12:
        rows = rng.multinomial(5, np.ones(4) / 4, size=3).tolist()
        question = ow.ask_vectors(prefer=rows[:2], over=rows[2:])
        shares = shares_of_cells(question, most_lines=24)
        if shares is not None and len(shares) > 3:
            assert find_constant(question).share == min(share for share, _ in shares), rows
            tried += 1


def test_the_strict_constant_is_at_most_the_weak_one(constants):
    """A strict win is a weak one; the two differ where A and B share a best outcome."""
    assert all(strict.share <= weak.share for weak, strict in constants)
    assert any(strict.share < weak.share for weak, strict in constants)


def test_more_outcomes_move_the_constant_one_way():
    """With one more outcome A's constant does not fall; with one more for B it does not rise."""
    rng = np.random.default_rng(23)
    moved = 0
    for _ in range(25):
        d = int(rng.integers(3, 5))
        rows = rng.integers(0, 4, size=(5, d)).tolist()
        base = find_constant(ow.ask_vectors(prefer=rows[:2], over=rows[2:4])).share
        more_a = find_constant(ow.ask_vectors(prefer=[*rows[:2], rows[4]], over=rows[2:4])).share
        more_b = find_constant(ow.ask_vectors(prefer=rows[:2], over=rows[2:])).share
        assert more_b <= base <= more_a
        moved += more_b < more_a
    assert moved >= 5


def test_more_permutable_coordinates_do_not_lower_the_constant():
    """A value that goes nowhere is left out at random, so the share is a mean of shares of fewer values."""
    rng = np.random.default_rng(24)
    raised = 0
    for _ in range(25):
        rows = rng.integers(0, 4, size=(4, 3))
        shares = []
        for extra in range(3):
            wide = np.hstack([rows, np.zeros((4, extra), dtype=int)]).tolist()
            question = ow.ask_vectors(prefer=wide[:2], over=wide[2:])
            constant = find_constant(question)
            gaps = differences(question, whole(constant.reward))
            assert Fraction(int((gaps >= 0).sum()), len(gaps)) == constant.share
            shares.append(constant.share)
        assert shares == sorted(shares)
        raised += shares[0] < shares[-1]
    assert raised >= 1


def whole(reward):
    """The reward as integers, up to a positive factor."""
    scale = lcm(*(x.denominator for x in reward))
    return [int(x * scale) for x in reward]


def shares_of_cells(question, most_lines=26):
    """Weak and strict shares of one reward in every cell of the arrangement; None when there are too many planes."""
    d, n_cases = question.n_coordinates, 0
    differences_at = []
    for image in permutations(question.permutable):
        moved = dict(zip(question.permutable, image, strict=True))
        sides = [[[dict(v).get(i, Fraction(0)) for i in range(d)] for v in side.vectors] for side in question.outcomes]
        # the value of coordinate i goes to coordinate moved[i]
        placed = [[[row[moved.get(i, i)] for i in range(d)] for row in side] for side in sides]
        differences_at.append([[[x - y for x, y in zip(b, a, strict=True)] for a in placed[0]] for b in placed[1]])
        n_cases += 1
    vectors = {primitive(v) for case in differences_at for ways in case for v in ways if any(v)}
    basis = row_space(vectors, d)
    if not 1 <= len(basis) <= 3 or len(vectors) > most_lines:
        return None
    table = np.array([[[whole(v) for v in ways] for ways in case] for case in differences_at], dtype=object)
    rewards = []
    for sign in (1, -1):  # each open cell has points whose first coordinate is 1, or -1
        lines = [
            [sum(sign * x * y for x, y in zip(v, basis[0], strict=True))]
            + [sum(x * y for x, y in zip(v, b, strict=True)) for b in basis[1:]]
            for v in vectors
        ]
        for point in points_of_cells(lines):
            weights = [Fraction(sign), *point]
            rewards.append(whole([sum(w * b[i] for w, b in zip(weights, basis, strict=True)) for i in range(d)]))
    columns = np.array(rewards, dtype=object).T
    if abs(table).max() * abs(columns).max() * d < 2**62:
        table, columns = table.astype(np.int64), columns.astype(np.int64)
    signs = table @ columns  # (n_cases, n_over, n_prefer, n_rewards), the sign of b - a
    won = (signs > 0).all(axis=2).any(axis=1).sum(axis=0)
    not_lost = (signs >= 0).all(axis=2).any(axis=1).sum(axis=0)
    pairs = set(zip(won.tolist(), not_lost.tolist(), strict=True))
    return {(1 - Fraction(w, n_cases), 1 - Fraction(n, n_cases)) for w, n in pairs}


def primitive(vector):
    """An integer vector of the same line, its first non-zero entry positive."""
    row = whole(vector)
    scale = gcd(*row) * (1 if next(x for x in row if x) > 0 else -1)
    return tuple(x // scale for x in row)


def row_space(vectors, d):
    """A basis of the span of integer vectors."""
    if not vectors:
        return []
    reduced, rank = flint.fmpq_mat(flint.fmpz_mat([list(v) for v in sorted(vectors)])).rref()
    return [[Fraction(int(reduced[i, j].p), int(reduced[i, j].q)) for j in range(d)] for i in range(rank)]


def points_of_cells(lines):
    """A point in every cell of the lines c0 + c1 x + c2 y = 0 in the plane, or of points on a line, or of nothing."""
    n = len(lines[0]) - 1
    if n == 0:
        return [()]
    if n == 1:
        return [(x,) for x in between(-c0 / Fraction(c1) for c0, c1 in lines if c1)]
    crossings = [-c0 / Fraction(c1) for c0, c1, c2 in lines if not c2 and c1]
    for (a0, a1, a2), (b0, b1, b2) in combinations(lines, 2):
        if a1 * b2 != a2 * b1:
            crossings.append(Fraction(a2 * b0 - a0 * b2, a1 * b2 - a2 * b1))
    found = []
    for x in between(crossings):
        found += [(x, y) for (y,) in points_of_cells([[c0 + c1 * x, c2] for c0, c1, c2 in lines])]
    return found


def between(values):
    """Numbers that meet every interval between consecutive values, and beyond the ends."""
    ends = sorted(set(values))
    if not ends:
        return [Fraction(0)]
    middles = [(x + y) / 2 for x, y in pairwise(ends)]
    return [ends[0] - 1, *middles, ends[-1] + 1]


def test_the_sweep_meets_every_sign_pattern():
    """The yardstick itself: three lines in general position make seven cells, four lines through one point eight."""
    general = [[0, 1, 0], [0, 0, 1], [-1, 1, 1]]
    concurrent = [[0, 1, 0], [0, 0, 1], [0, 1, 1], [0, 1, -1]]
    for lines, cells in ((general, 7), (concurrent, 8)):
        patterns = {tuple(c0 + c1 * x + c2 * y > 0 for c0, c1, c2 in lines) for x, y in points_of_cells(lines)}
        assert len(patterns) == cells
