"""The share under weights on an orbit: against brute force, and how far it can move."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, orbit_of, random_question, random_rewards, random_vectors_question, weak_share
from orbitwise.cli.door import run
from orbitwise.errors import InvalidInput
from orbitwise.evidence.kinds import Estimate, NotAffordable
from orbitwise.evidence.priors import PriorShare, share_under_prior
from orbitwise.rewards.priors import parse_prior

CASES = [120, pytest.param(2_000, marks=pytest.mark.slow)]


def random_prior(rng, question, reward):
    """A prior of each kind in turn, as users write it, and its weights on the orbit in the order of brute force."""
    names = question.coordinates
    rows = orbit_of(reward, question.permutable)
    kind = rng.integers(3)
    if kind == 0:
        picked = rng.permutation(len(rows))[: rng.integers(1, len(rows) + 1)]
        others = Fraction(int(rng.integers(0, 3)), 2)
        table = {int(k): Fraction(int(rng.integers(1, 9)), int(rng.integers(1, 9))) for k in picked}
        listed = [
            {"reward": dict(zip(names, rows[k].tolist(), strict=True)), "weight": str(w)} for k, w in table.items()
        ]
        return {"table": listed, "others": str(others)}, [table.get(k, others) for k in range(len(rows))]
    weights = {
        name: {int(v): int(rng.integers(1, 9)) for v in set(reward)} for name in names if rng.random() < 0.5
    } or {names[0]: {reward[0]: 2}}
    found = []
    for row in rows.tolist():
        weight = Fraction(1)
        for name, value in zip(names, row, strict=True):
            weight *= weights.get(name, {}).get(value, 1)
        found.append(weight)
    if kind == 1:
        return {"product": weights}, found
    total = dict(zip(map(tuple, rows.tolist()), found, strict=True))
    return (lambda given: total[tuple(int(given[name]) for name in names)]), found


def random_weighed(seed, n):
    rng = np.random.default_rng(seed)
    for k in range(n):
        question = (
            random_vectors_question(rng) if k % 3 == 0 else random_question(rng, stochastic=bool(k % 2), n_states=4)
        )
        reward = random_rewards(rng, question.n_coordinates, 1)[0]
        given, weights = random_prior(rng, question, reward)
        found = share_under_prior(question, [Fraction(x) for x in reward], parse_prior(given, question.coordinates))
        yield question, reward, weights, found


@pytest.mark.parametrize("n", CASES)
def test_the_share_is_the_weighted_share_of_the_whole_orbit(n):
    """Tables, products and functions against adding up the weights of every permutation."""
    for question, reward, weights, found in random_weighed(1, n):
        gaps = differences(question, reward)
        total = sum(weights)
        for sign, part in ((1, found.prefer_only), (-1, found.over_only), (0, found.both)):
            assert part == sum(w for w, gap in zip(weights, gaps, strict=True) if np.sign(gap) == sign) / total


def test_equal_weights_give_the_orbit_share():
    """Counting is the prior that weighs all alike."""
    rng = np.random.default_rng(2)
    for _ in range(30):
        question = random_question(rng, stochastic=True, n_states=4)
        reward = random_rewards(rng, 4, 1)[0]
        for given in ({"table": [], "others": 3}, {"product": {}}, lambda _: 0.25):
            prior = parse_prior(given, question.coordinates)
            found = share_under_prior(question, [Fraction(x) for x in reward], prior)
            assert found.share == weak_share(question, reward)


def test_the_range_within_a_factor_is_that_of_all_extreme_choices():
    """Every way to put k or 1/k on each reward: the least and the greatest share are those of the closed form."""
    tried = 0
    for question, reward, weights, found in random_weighed(3, 120):
        if not 1 < len(weights) <= 8:
            continue
        tried += 1
        wins = differences(question, reward) >= 0
        shares = []
        for factors in itertools.product((Fraction(1, 2), Fraction(2)), repeat=len(weights)):
            moved = [w * f for w, f in zip(weights, factors, strict=True)]
            shares.append(sum(w for w, win in zip(moved, wins, strict=True) if win) / sum(moved))
        assert found.range_within_factor(2) == (min(shares), max(shares))
    assert tried > 20


def test_the_verdict_flips_beyond_the_factor_and_the_distance_and_not_before():
    """A little below the factor (the distance) all shares are on one side of 1/2, a little above they are not."""
    half, little = Fraction(1, 2), Fraction(1, 10**6)
    seen = 0
    for _, _, _, found in random_weighed(4, 120):
        if found.flip_factor_squared is None:
            assert found.safe_factor is None
            assert found.share in (0, 1)
            assert found.range_within_factor(10) == found.range_within_distance(1) == (found.share, found.share)
        elif found.share != half:
            seen += 1
            assert found.safe_factor**2 <= found.flip_factor_squared < (found.safe_factor + Fraction(1, 100)) ** 2
            factor = Fraction(float(found.flip_factor_squared) ** 0.5)
            inside = [
                found.range_within_factor(factor - little),
                found.range_within_distance(found.flip_distance - little),
            ]
            beyond = [
                found.range_within_factor(factor + little),
                found.range_within_distance(found.flip_distance + little),
            ]
            assert all((low > half) == (high > half) for low, high in inside)
            assert all(low < half < high for low, high in beyond)
    assert seen > 30


def test_a_distance_takes_weight_from_one_side_and_gives_it_to_the_other():
    """The ends are cut off at 0 and 1."""
    found = PriorShare(Fraction(2, 3), Fraction(1, 3), Fraction(0))
    assert found.range_within_distance(Fraction(1, 4)) == (Fraction(5, 12), Fraction(11, 12))
    assert found.range_within_distance(Fraction(1, 2)) == (Fraction(1, 6), 1)
    with pytest.raises(InvalidInput):
        found.range_within_distance(-1)
    with pytest.raises(InvalidInput):
        found.range_within_factor(Fraction(1, 2))


def sweets(n):
    """N sweets after waiting against one candy: unit vectors, whose shares under a product have a closed form."""
    return ow.ask_vectors(prefer=[[int(i == j) for i in range(n + 1)] for j in range(1, n + 1)], over=[[1, *[0] * n]])


def test_a_table_works_on_orbits_too_large_to_list():
    """The others are counted in closed form: 30! elements, one of which gets a third of all weight."""
    question = sweets(29)
    reward = [Fraction(30 - i) for i in range(30)]  # the candy is best in this very reward
    size = 1
    for i in range(2, 31):
        size *= i
    rows = [{"reward": [str(x) for x in reward], "weight": str(Fraction(size - 1, 2))}]
    found = share_under_prior(question, reward, parse_prior({"table": rows, "others": 1}, question.coordinates))
    assert found.over_only == (Fraction(size - 1, 2) + size // 30 - 1) / (Fraction(size - 1, 2) + size - 1)


def test_a_product_on_a_large_orbit_is_sampled_and_covers_the_truth():
    """The best of 30 values is at the candy with odds w to 29; 15 runs miss with a probability of at most 0.015."""
    question = sweets(29)
    reward = [Fraction(i) for i in range(30)]
    for weight in (1, 29, Fraction(1, 4)):
        prior = parse_prior({"product": {"0": {29: weight}}}, question.coordinates)
        truth = 29 / (29 + weight)
        for seed in range(5):
            found = share_under_prior(question, reward, prior, precision=0.1, level=0.999, seed=seed)
            assert isinstance(found, Estimate)
            assert found.low <= truth <= found.high
            assert found == share_under_prior(question, reward, prior, precision=0.1, level=0.999, seed=seed)


def test_a_function_on_a_large_orbit_is_refused_with_the_reason():
    """Its largest weight is not known, so nothing can be claimed from samples."""
    question = sweets(29)
    prior = parse_prior(lambda _: 1, question.coordinates)
    found = share_under_prior(question, [Fraction(i) for i in range(30)], prior)
    assert isinstance(found, NotAffordable)
    assert "product" in found.reason


def test_a_reward_outside_the_orbit_and_weights_of_zero_are_refused():
    """A table must list permutations of the reward; some weight must be positive."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", permute=["candy", "hug"])
    reward = {"candy": 1}
    for other in ({"candy": 2}, {"chocolate": 1}):
        with pytest.raises(InvalidInput, match="permutation"):
            ow.compare(question, reward=reward, prior={"table": [{"reward": other, "weight": 1}]}, witness=False)
    with pytest.raises(InvalidInput, match="positive weight"):
        ow.compare(question, reward=reward, prior={"table": []}, witness=False)
    for nothing in (None, "uniform"):
        with pytest.raises(InvalidInput, match="whose permutations"):
            ow.compare(question, reward=nothing, prior={"product": {}}, witness=False)


def test_every_door_shows_the_share_under_the_prior(tmp_path, capsys):
    """JSON, text and HTML; 3 to the rewards that have candy on top makes 4/10 of 4/6."""
    path = tmp_path / "prior.json"
    path.write_text('{"product": {"candy": {"2": 3}}}')
    html = tmp_path / "answer.html"
    words = ["compare", "gallery:candy", "--prefer", "Wait!", "--over", "candy", "--permute", "candy,chocolate,hug"]
    words += ["--reward", '{"candy": 2, "hug": 1}', "--prior", str(path), "--quiet", "--html", str(html)]
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["prior"]
    assert (found["share"], found["over_only"]) == ("2/5", "3/5")
    assert found["flip_factor_squared"] == "3/2"
    assert found["flip_distance"] == "1/10"
    assert found["within_factor_2"] == ["1/7", "8/11"]
    assert run(words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Under your prior 2/5 (40.0%)" in shown
    assert "a factor of 1.22" in " ".join(shown.replace("Under", "").split())
    assert "Under your prior" in html.read_text()


def test_an_answer_says_why_there_is_no_share_under_the_prior():
    """A function on a large orbit leaves a note, and a reason in the JSON."""
    names = [str(i) for i in range(30)]
    answer = ow.compare(sweets(29), reward=dict(zip(names, range(30), strict=True)), prior=lambda _: 1, witness=False)
    assert any("prior" in note for note in answer.notes)
    assert "product" in answer.to_json()["prior"]["refused"]


def test_a_sampled_share_under_a_prior_is_shown_with_its_interval():
    """The same row, with an interval."""
    names = [str(i) for i in range(30)]
    prior = {"product": {"0": {29: 29}}}
    answer = ow.compare(
        sweets(29), reward=dict(zip(names, range(30), strict=True)), prior=prior, witness=False, precision=0.1
    )
    document = answer.to_json()["prior"]
    assert document["share"] is None
    assert document["estimate"]["low"] < 0.5 < document["estimate"]["high"]
    assert "95% interval" in str(answer)


def test_weights_beyond_all_doubles_are_shown():
    """A weight of 10^400 on one reward: shares and factors stay exact, and no page breaks."""
    names = ["candy", "chocolate", "hug"]
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", permute=names)
    prior = {"table": [{"reward": {"candy": 1}, "weight": str(10**400)}], "others": 1}
    answer = ow.compare(question, reward={"candy": 1}, prior=prior, witness=False)
    assert answer.prior.share == Fraction(2, 10**400 + 2)
    assert "at most half" in str(answer).replace("\n", " ")
    assert answer.to_json()["prior"]["flip_factor_squared"] == str(10**400 // 2)
