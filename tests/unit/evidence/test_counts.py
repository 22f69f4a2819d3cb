"""Exact orbit counts: published cases, closed forms, sizes that overflow, and work that is known before it starts."""

import time
from fractions import Fraction
from itertools import combinations, product
from math import comb, factorial, perm, prod

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.counts_work import ENDLESS, count_assignments, count_prefixes
from orbitwise.evidence.kinds import NotAffordable, OrbitCount
from orbitwise.outcomes.question import ask_vectors
from orbitwise.outcomes.vectors import Outcomes


def unit(i, d):
    return [int(i == k) for k in range(d)]


def units(which, d):
    return [unit(i, d) for i in which]


def candy(**how):
    return ow.ask(ow.gallery.load("candy"), at="Start", prefer="Wait!", over="candy", **how)


def reward_on(question, **values):
    return [Fraction(values.get(name, 0)) for name in question.coordinates]


def test_candy_wins_a_third_of_all_permutations():
    """Reward 1, 1/2, 1/4 on the sweets, 0 elsewhere: 60 permutations of the five states, A is optimal on 2/3 (MORE)."""
    question = candy()
    count = count_orbit(question, reward_on(question, candy=1, chocolate=Fraction(1, 2), hug=Fraction(1, 4)))
    assert (count.size, count.share) == (60, Fraction(2, 3))


def test_three_sweets_alone_are_permuted_in_six_ways():
    """Reward 1, 1/2, 0 permuted over candy, chocolate and hug: A is optimal on 4 of 6 (MORE)."""
    question = candy(permute=["candy", "chocolate", "hug"])
    count = count_orbit(question, reward_on(question, candy=1, chocolate=Fraction(1, 2)))
    assert count == OrbitCount(prefer_only=4, over_only=2, both=0)


def test_ghost_apple_cherry_has_strict_share_four_of_six():
    """Utility (10, 5, 0) over ghost, apple, cherry: apple or cherry is strictly better on 4 of 6 (PRDM, Table 1)."""
    question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]], coordinates=["ghost", "apple", "cherry"])
    count = count_orbit(question, [Fraction(10), Fraction(5), Fraction(0)])
    assert (count.prefer_only, count.size) == (4, 6)


def test_two_deaths_against_fifty_one_lives():
    """Distinct rewards on 53 interchangeable states: A is optimal on exactly 51/53 of all 53! permutations."""
    question = ask_vectors(prefer=units(range(51), 53), over=units([51, 52], 53))
    count = count_orbit(question, [Fraction(i * i, 7) for i in range(53)])
    assert (count.size, count.share, count.both) == (factorial(53), Fraction(51, 53), 0)


@pytest.mark.parametrize("seed", range(40))
def test_over_only_share_is_the_formula_of_the_theory(seed):
    """With m coordinates in A, n in B and e further ones in C: the sum over thresholds, as the theory writes it."""
    rng = np.random.default_rng(seed)
    m, n, e, spare = (int(x) for x in rng.integers([1, 1, 0, 0], [4, 4, 3, 4]))
    d = m + n + e + spare
    values = sorted(int(x) for x in rng.integers(0, 5, d))
    share = Fraction(0)
    for v in set(values):
        below, up_to = sum(x < v for x in values), sum(x <= v for x in values)
        share += perm(below, m) * safe_perm(up_to - m, n + e)
        share -= perm(below, m + n) * safe_perm(up_to - m - n, e)
    share /= perm(d, m + n + e)
    question = ask_vectors(prefer=units(range(m), d), over=units(range(m, m + n), d))
    within = Outcomes.of([{i: Fraction(1)} for i in range(m + n, m + n + e)], d)
    count = count_orbit(question, [Fraction(v) for v in values], within=within)
    assert Fraction(count.over_only, count.size) == share


def safe_perm(a, b):
    return 0 if a < 0 else perm(a, b)


def test_weights_beyond_64_bits_are_exact():
    """Uniform laws on 40 against 40 other states, reward 1 on 40 of them: C(40,20)^2 ties among C(80,40), else even."""
    question = ask_vectors(prefer=[[1] * 40 + [0] * 40], over=[[0] * 40 + [1] * 40])
    count = count_orbit(question, [Fraction(1)] * 40 + [Fraction(0)] * 40)
    assert count.size == comb(80, 40)
    assert count.both == comb(40, 20) ** 2
    assert count.prefer_only == count.over_only


def test_three_rewarded_states_among_sixty_that_matter_in_groups():
    """Value 2 once and 1 twice on 60 coordinates that matter alike in threes: every placement, by array arithmetic."""
    rng = np.random.default_rng(5)
    table = np.repeat(rng.integers(0, 3, (6, 20)), 3, axis=1)  # (n_outcomes, 60)
    ones = np.array(list(combinations(range(60), 2)))
    pairs = table[:, ones].sum(axis=2)
    expected = [0, 0, 0]
    for two in range(60):
        sums = (2 * table[:, [two]] + pairs)[:, (ones != two).all(axis=1)]
        gaps = sums[:3].max(axis=0) - sums[3:].max(axis=0)
        for case, sign in enumerate((1, -1, 0)):
            expected[case] += int((np.sign(gaps) == sign).sum())
    count = count_orbit(
        ask_vectors(prefer=table[:3].tolist(), over=table[3:].tolist()),
        [Fraction(2), Fraction(1), Fraction(1)] + [Fraction(0)] * 57,
    )
    assert [count.prefer_only, count.over_only, count.both] == expected


@pytest.mark.parametrize("multiset", [(30, 30), (20, 25, 15), (1, 2, 57), (10, 10, 10, 10, 20)])
def test_few_of_many_coordinates_matter(multiset):
    """Six of 60 coordinates matter: the count equals a sum over the 6 values there, weighted by what remains."""
    rng = np.random.default_rng(3)
    rows = [[int(x) for x in rng.integers(-2, 3, 6)] + [0] * 54 for _ in range(5)]
    values = [3 * j * j for j in range(len(multiset))]
    expected = [0, 0, 0]
    for placed in product(range(len(multiset)), repeat=6):
        left = [m - placed.count(j) for j, m in enumerate(multiset)]
        if min(left) < 0:
            continue
        sums = [sum(x * values[j] for x, j in zip(row[:6], placed, strict=True)) for row in rows]
        ours, theirs = max(sums[:3]), max(sums[3:])
        case = 0 if ours > theirs else 1 if ours < theirs else 2
        expected[case] += factorial(54) // prod(map(factorial, left))
    reward = [Fraction(v) for v, m in zip(values, multiset, strict=True) for _ in range(m)]
    count = count_orbit(ask_vectors(prefer=rows[:3], over=rows[3:]), reward)
    assert [count.prefer_only, count.over_only, count.both] == expected


def test_nothing_to_permute_is_an_orbit_of_one():
    """Without permutable coordinates the reward itself is the orbit."""
    question = ask_vectors(prefer=[[1, 0]], over=[[0, 1]], permute=[])
    assert count_orbit(question, [Fraction(1), Fraction(2)]) == OrbitCount(0, 1, 0)


def test_equal_sets_tie_on_the_whole_orbit():
    """One outcome on both sides: all permutations tie."""
    question = ask_vectors(prefer=[[1, 2, 3]], over=[[1, 2, 3]])
    assert count_orbit(question, [Fraction(1), Fraction(2), Fraction(3)]) == OrbitCount(0, 0, 6)


def test_a_count_that_is_too_large_is_refused_before_it_starts():
    """30 distinct values on 30 coordinates that all matter: refused within seconds, with its size in words."""
    rng = np.random.default_rng(1)
    rows = [[int(x) + i * k for i, x in enumerate(rng.integers(0, 9, 30))] for k in range(4)]
    began = time.perf_counter()
    refusal = count_orbit(ask_vectors(prefer=rows[:2], over=rows[2:]), [Fraction(i) for i in range(30)])
    assert time.perf_counter() - began < 5
    assert isinstance(refusal, NotAffordable)
    assert refusal.work > refusal.limit
    assert "10^30" in refusal.reason
    assert "30 coordinates that matter" in refusal.reason


def test_a_table_that_is_too_large_is_refused_for_its_memory():
    """90 huge values on 400 coordinates in 59 outcomes: whatever the work limit, the table would not fit."""
    rows = [[(i * k) % 401 for i in range(400)] for k in range(1, 60)]
    reward = [Fraction(3 ** min(i, 90)) for i in range(400)]
    refusal = count_orbit(ask_vectors(prefer=rows[:30], over=rows[30:]), reward, work_limit=10**29)
    assert isinstance(refusal, NotAffordable)
    assert "memory" in refusal.reason


def test_the_work_limit_is_the_callers():
    """The same count is made or refused as the limit says."""
    question = ask_vectors(prefer=[[1, 2, 0, 1]], over=[[0, 1, 2, 1]])
    reward = [Fraction(i) for i in range(4)]
    assert isinstance(count_orbit(question, reward, work_limit=10), NotAffordable)
    assert count_orbit(question, reward).size == 24


@pytest.mark.parametrize("seed", range(30))
def test_assignments_are_counted_before_they_are_made(seed):
    """The number of assignments and of their beginnings equals that of a plain enumeration."""
    rng = np.random.default_rng(seed)
    multiplicities = tuple(int(x) for x in rng.integers(1, 4, rng.integers(1, 5)))
    sizes, left = [], sum(multiplicities)
    while left and rng.random() < 0.8:
        sizes.append(int(rng.integers(1, left + 1)) if rng.random() < 0.5 else 1)
        left -= sizes[-1]
    places = [(g, i) for g, size in enumerate(sizes) for i in range(size)]
    found, beginnings = set(), {()}
    for word in product(range(len(multiplicities)), repeat=len(places)):
        if all(word.count(j) <= m for j, m in enumerate(multiplicities)):
            groups = [
                tuple(sorted(j for j, (h, _) in zip(word, places, strict=True) if h == g)) for g in range(len(sizes))
            ]
            found.add(tuple(groups))
            beginnings |= {word[:k] for k in range(len(word) + 1)}
    assert count_assignments(tuple(sorted(sizes)), multiplicities) == len(found)
    if all(size == 1 for size in sizes):
        assert count_prefixes((1,) * len(sizes), multiplicities, len(sizes)) == len(beginnings)


def test_an_endless_number_of_assignments_is_said_at_once():
    """A thousand distinct values: no attempt to write out the number."""
    assert count_assignments((1,) * 1000, (1,) * 1000) == ENDLESS


def test_a_large_closed_form_is_refused_by_its_size():
    """20,000 values in pairs on 10,000 coordinates would need 10^13 steps; distinct values need none."""
    d = 20_000
    question = ask_vectors(prefer=units(range(50), 100), over=units(range(50, 100), 100))
    assert count_orbit(question, [Fraction(i // 2) for i in range(100)]).size == factorial(100) // 2**50
    sides = [Outcomes.of([{i: Fraction(1)} for i in part], d) for part in (range(5_000), range(5_000, 10_000))]
    question = ow.Question(
        coordinates=tuple(map(str, range(d))),
        permutable=tuple(range(d)),
        criterion=question.criterion,
        given=(sides[0], sides[1]),
    )
    refusal = count_orbit(question, [Fraction(i // 2) for i in range(d)])
    assert isinstance(refusal, NotAffordable)
    assert "closed form" in refusal.reason
    assert count_orbit(question, [Fraction(i) for i in range(d)]).share == Fraction(1, 2)


def lake(**how):
    rows = ["S...", ".H..", "...H", "H..G"]
    builder = ow.Builder("lake", start="0,0")
    for y, line in enumerate(rows):
        for x, kind in enumerate(line):
            if kind == "H":
                builder.add(f"{x},{y}", "stay", f"{x},{y}")
                continue
            for name, dx, dy in (("left", -1, 0), ("down", 0, 1), ("right", 1, 0), ("up", 0, -1)):
                builder.add(f"{x},{y}", name, f"{min(max(x + dx, 0), 3)},{min(max(y + dy, 0), 3)}")
    holes = '["1,1","3,2","0,3"]'
    return ow.ask(builder.build(), prefer=f"avoid:{holes}", over=f"enter:{holes}", **how)


def test_a_small_orbit_is_counted_when_outcomes_cannot_be_listed():
    """One rewarded state in the 4x4 lake: B is better when it is one of the three holes; listed, then solved."""
    for limit in (20_000, 3):
        question = lake(limit=limit)
        reward = [Fraction(int(i == 5)) for i in range(16)]
        count = count_orbit(question, reward)
        assert (count.size, count.over_only) == (16, 3)
        pairs = [Fraction(int(i in (2, 3))) for i in range(16)]
        assert count_orbit(question, pairs) == count_orbit(lake(), pairs)


def test_a_large_orbit_of_solved_rewards_is_refused_in_words():
    """16 distinct values when outcomes cannot be listed: the number of rewards to solve is named."""
    refusal = count_orbit(lake(limit=3), [Fraction(i) for i in range(16)])
    assert isinstance(refusal, NotAffordable)
    assert "would have to solve" in refusal.reason


def test_a_larger_set_is_only_counted_when_listed():
    """C beyond A and B, without listed outcomes, is not counted; the refusal says so."""
    refusal = count_orbit(lake(limit=3), [Fraction(1)] * 16, within=Outcomes.of([{0: Fraction(1)}], 16))
    assert isinstance(refusal, NotAffordable)
    assert "listed" in refusal.reason
