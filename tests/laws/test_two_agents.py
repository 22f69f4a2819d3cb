"""The human/AI protocol: brute force on tiny joint environments, exact laws at both ends, and what is published."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.compute.executors import Executor
from orbitwise.environments.fixed_policies import parse_policy
from orbitwise.environments.joint import join_agents, rows_of, same_place
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.power.agents_protocol import iter_worths, prepare_protocol
from orbitwise.power.alignment import align

SURE = 1 - 1e-6


def two_states(rng, *, sure):
    """A random environment of two states with two or three actions each."""
    builder = ow.Builder("two")
    for s in "xy":
        for a in range(rng.integers(2, 4)):
            k = int(rng.integers(0, 2) * 4 if sure else rng.integers(0, 5))
            builder.add(s, f"a{a}", {t: p for t, p in (("x", Fraction(k, 4)), ("y", 1 - Fraction(k, 4))) if p})
    return builder.build()


def values_of(law, reward, discount):
    """(I - g P)^-1 r by elimination in fractions; ``law[s]`` maps successors to probabilities."""
    n = len(reward)
    rows = [[(s == t) - discount * law[s].get(t, 0) for t in range(n)] + [reward[s]] for s in range(n)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(n):
            if k != i:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def first_optimal(laws, reward, discount):
    """All policies tried: the optimal values, and in each state the first action whose expected value is the best."""
    n = len(reward)
    tried = [
        values_of([laws[s][a] for s, a in enumerate(policy)], reward, discount) for policy in itertools.product(*laws)
    ]
    best = [max(values[s] for values in tried) for s in range(n)]
    ahead = [{a: sum(p * best[t] for t, p in law.items()) for a, law in laws[s].items()} for s in range(n)]
    return best, [max(actions, key=actions.get) for actions in ahead]


def play(joint, seed_weights, rewards, discounts):
    """The protocol in fractions, on dictionaries: both agents' (1 - g) E V."""
    mdp = joint.environment
    index = mdp.index
    pairs = [{} for _ in mdp.states]  # [state][human action][ai action] = law
    weight = [{} for _ in mdp.states]
    choice = 0
    for s, rows in enumerate(rows_of(mdp)):
        for _, row in rows:
            a, b = joint.choice_actions[choice]
            pairs[s].setdefault(int(a), {})[int(b)] = {index[to]: p for to, p in row}
            weight[s][int(b)] = seed_weights[choice]
            choice += 1
    alone = []
    for s, actions in enumerate(pairs):
        alone.append({})
        for a, beside in actions.items():
            total = sum(weight[s][b] for b in beside)
            law = {}
            for b, row in beside.items():
                for to, p in row.items():
                    law[to] = law.get(to, 0) + weight[s][b] / total * p
            alone[s][a] = law
    human = first_optimal(alone, rewards[0], discounts[0])[1]
    open_to_ai = [
        {b: pairs[s][human[s]][b] for b in joint.own_actions[1][s] if b in pairs[s][human[s]]}
        for s in range(len(pairs))
    ]
    best, ai = first_optimal(open_to_ai, rewards[1], discounts[1])
    law = [open_to_ai[s][ai[s]] for s in range(len(pairs))]
    kept = values_of(law, rewards[0], discounts[0])
    return [
        [(1 - g) * sum(p * v[t] for t, p in law[s].items()) for s in range(len(law))]
        for g, v in zip(discounts, (kept, best), strict=True)
    ]


@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("kind", ["joint", "no overlaps", "own seed policy"])
def test_protocol_agrees_with_brute_force(sure, kind):
    """Random two-state environments of both agents, all policies tried in fractions; also ties and near ties."""
    rng = np.random.default_rng([sure, len(kind)])
    discounts = Fraction(3, 5), Fraction(9, 10)
    tied = 0
    for _ in range(3):
        joint = join_agents(two_states(rng, sure=sure), two_states(rng, sure=sure))
        if kind == "no overlaps":
            joint = _without_overlaps(rng)
        policy = "uniform"
        if kind == "own seed policy":
            policy = {
                name: {joint.actions[1][b]: p for b, p in zip(own, ("1/7", "6/7", 0), strict=False)}
                for name, own in zip(joint.environment.states, joint.own_actions[1], strict=True)
            }
        weights = parse_policy(joint, policy, agent="A")
        protocol = prepare_protocol(joint, discounts, policy)
        n = joint.environment.n_states
        rewards = np.concatenate([rng.integers(0, 2, (3, 2, n)).astype(float), rng.random((6, 2, n))])
        for k in (3, 4):  # nearly ties for one agent, for whom it matters little, but not for the other
            rewards[k, k - 3] = 1 + rng.integers(0, 4, n) * 2.0**-52
        (worth,) = iter_worths(protocol, rewards[:, 0], iter([rewards[:, 1]]))
        tied += worth.resolved
        for k, (first, second) in enumerate(rewards):
            exact = [Fraction(x) for x in first.tolist()], [Fraction(x) for x in second.tolist()]
            human, ai = play(joint, weights, exact, discounts)
            for found, expected, error in (
                (worth.human[k], human, worth.human_error),
                (worth.ai[k], ai, worth.ai_error),
            ):
                assert all(
                    abs(Fraction(x) - y) <= Fraction(error) for x, y in zip(found.tolist(), expected, strict=True)
                )
        assert max(worth.human_error, worth.ai_error) < 1e-11
    assert tied > 0


def _without_overlaps(rng):
    """A corridor of three cells, of which each agent's moves are a random part; never both in one cell."""
    ends = []
    for _ in range(2):
        builder = ow.Builder("corridor")
        for cell in range(3):
            builder.add(str(cell), "stay", str(cell))
            for step in (-1, 1):
                if 0 <= cell + step < 3 and rng.random() < 0.5:
                    builder.add(str(cell), f"by {step}", str(cell + step))
        ends.append(builder.build())
    return join_agents(*ends, forbid_states=same_place)


def grid_pair(n=3):
    grid = ow.gallery.load("powerplay-grid", n=n)
    return join_agents(grid, grid)


def test_equal_goals_give_equal_power_and_opposite_goals_opposite_power():
    """Equal rewards and discounts: both are worth the same, being worth what one joint policy collects (exact law).

    Mirrored rewards 1 - r: POWER of one is 1 minus that of the other. So the alignment is 1 and -1.
    """
    opposite, equal = ow.estimate_agent_power(grid_pair(), discount="3/5", correlations=[-1, 1], samples=200).points
    np.testing.assert_allclose(equal.human.value, equal.ai.value, atol=1e-12)
    np.testing.assert_allclose(opposite.human.value, 1 - opposite.ai.value, atol=1e-12)
    assert equal.alignment.low > 1 - 1e-6
    assert opposite.alignment.high < -1 + 1e-6


def test_independent_goals_lead_to_instrumental_misalignment():
    """Harris & Suo, Misalignment-by-default in multi-agent systems (2022), 3.2.3 and 3.3.3: the joint 3x3 grid, g = .6.

    Equal goals: perfectly aligned POWER. Independent goals: negatively correlated POWER. The interval excludes 0 at a
    level of 1 - 1e-6 (approximate). More correlation of rewards, more alignment.
    """
    correlations = [0, "1/2", 1]
    found = ow.estimate_agent_power(grid_pair(), discount=0.6, correlations=correlations, samples=3000, level=SURE)
    none, half, full = (point.alignment for point in found.points)
    assert none.high < 0 < half.low
    assert full.low > 1 - 1e-6
    assert none.value < half.value < full.value
    independent = found.points[0]
    assert independent.human.value.mean() < independent.ai.value.mean()  # who plans last has the better of it


def test_a_human_alone_has_the_power_of_one_agent():
    """An AI that can do nothing: POWER of the human is that of its own environment, from the same rewards."""
    grid = ow.gallery.load("powerplay-grid")
    statue = ow.Builder("statue").add("here", "stay", "here").build()
    found = ow.estimate_agent_power(join_agents(grid, statue), discount="3/5", correlations=[0], samples=500, seed=4)
    alone = ow.estimate_power(grid, discount="3/5", samples=500, seed=4)
    np.testing.assert_allclose(found.points[0].human.value, alone.value, atol=1e-8)
    np.testing.assert_allclose(found.points[0].human.deviation, alone.deviation, atol=1e-8)


def test_workers_and_other_correlations_change_no_bit():
    """Serial, two threads, processes; alone or in a sweep: the same bits for the same seed."""
    settings = {"discount": "3/5", "samples": 1000, "seed": 8}
    whole = ow.estimate_agent_power(grid_pair(2), correlations=[-1, "1/4"], executor=Executor("serial"), **settings)
    for executor in (Executor("threads", 2), Executor("processes", 2)):
        again = ow.estimate_agent_power(grid_pair(2), correlations=["1/4"], executor=executor, **settings).points[0]
        assert again.alignment == whole.points[1].alignment
        for one, other in ((again.human, whole.points[1].human), (again.ai, whole.points[1].ai)):
            for name in ("value", "low", "high", "deviation", "standard_error", "error"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_memory_does_not_grow_with_the_number_of_samples(monkeypatch):
    """Four times as many samples hardly raise the peak of what is allocated: by less than a fifth of their size."""
    monkeypatch.setattr("orbitwise.power.agents_tallies.CHUNK_VALUES", 2**12)  # 50 reward pairs
    joint, few, many = grid_pair(), 2000, 8000
    peaks = []
    for samples in (few, few, many):  # the first loads compiled code
        tracemalloc.start()
        try:
            ow.estimate_agent_power(
                joint, discount="3/5", correlations=[0], samples=samples, executor=Executor("serial")
            )
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] - peaks[1] < (many - few) * 2 * 81 * 8 / 5


def test_intervals_hold_what_a_large_run_finds():
    """Twenty runs of 200 pairs against one of 60,000, whose own interval is added; false alarm 1e-6 an interval."""
    settings = {"discount": "3/5", "correlations": ["1/2"], "level": SURE}
    truth = ow.estimate_agent_power(grid_pair(2), samples=60_000, seed=1000, **settings).points[0]
    for seed in range(20):
        found = ow.estimate_agent_power(grid_pair(2), samples=200, seed=seed, **settings).points[0]
        for one, known in ((found.human, truth.human), (found.ai, truth.ai)):
            assert (one.low <= known.high).all()
            assert (known.low <= one.high).all()


def test_ties_of_discrete_rewards_are_told_exactly():
    """Rewards 0 or 1 tie often; exact arithmetic is used and counted. Larger environments say that it is too slow."""
    settings = {"discount": "1/2", "correlations": [0], "reward": "bernoulli(1/2)"}
    found = ow.estimate_agent_power(grid_pair(2), samples=40, **settings)
    assert 0 < found.points[0].resolved <= 40
    with pytest.raises(NotSupported, match="use a continuous distribution"):
        ow.estimate_agent_power(grid_pair(5), samples=10, **settings)


@pytest.mark.parametrize("noise", [0.3, 2, 20])
def test_alignment_interval_covers_a_known_correlation(noise):
    """Group means around POWERs of a known correlation, with noise that both agents and all states share in part.

    95% intervals cover in at least 365 of 400 trials (a coverage of 95% gives fewer with probability below 1e-3; the
    seed is fixed), also where there is more noise than variation.
    """
    rng = np.random.default_rng(2)
    powers = rng.normal(size=(2, 40))
    expected = np.corrcoef(powers)[0, 1]
    covered = 0
    for _ in range(400):
        shared = rng.normal(size=(32, 1, 40)) + rng.normal(size=(32, 2, 1))
        found = align(powers + noise * (rng.normal(size=(32, 2, 40)) + shared), 0.95)
        covered += found.low <= expected <= found.high
    assert covered >= 365


def test_alignment_of_constant_power_does_not_exist():
    """The same POWER everywhere: no correlation; two groups: nothing is known about it."""
    assert align(np.ones((32, 2, 5)), 0.95) is None
    few = align(np.random.default_rng(0).normal(size=(2, 2, 5)), 0.95)
    assert (few.low, few.high) == (-1, 1)


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"discount": 1}, InvalidInput, "0 < discount < 1"),
        ({"ai_discount": 0}, InvalidInput, "0 < discount < 1"),
        ({"correlations": [2]}, InvalidInput, "between -1 and 1"),
        ({"correlations": []}, InvalidInput, "at least one correlation"),
        ({"correlations": ["x"]}, InvalidInput, "expected a number"),
        ({"samples": 1}, InvalidInput, "at least 2 samples"),
        ({"reward": {"1,1_H^1,1_A": 1}}, InvalidInput, "a distribution"),
        ({"reward": {"law": "uniform", "correlation": 0.5}}, NotSupported, "independent"),
        ({"seed_policy": {}}, InvalidInput, "found nothing here"),
    ],
)
def test_wrong_questions_are_refused(settings, kind, message):
    """What is asked is checked at the door."""
    with pytest.raises(kind, match=message):
        ow.estimate_agent_power(grid_pair(2), **{"discount": "1/2", **settings})


def test_command_line_prints_one_document(capsys, tmp_path):
    """JSON and text of a sweep, from one environment, from two, from a joint file and with a policy file."""
    short = ["--discount", "3/5", "--samples", "64", "--workers", "serial"]
    grid = "gallery:powerplay-grid?n=2"
    assert run(["agents", grid, *short, "--correlation", "-1,0", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"]
    assert [point["correlation"] for point in document["correlations"]] == ["-1", "0"]
    first = document["correlations"][0]
    assert first["alignment"]["value"] == pytest.approx(-1)
    assert set(first["power"]["0,0_H^0,1_A"]) == {"H", "A"}
    joint = grid_pair(2)
    ow.formats.write(joint.environment, tmp_path / "joint.json")
    lines = [f'"[{s}]" -> "[stay]__[{s}]" [weight=1];' for s in joint.environment.states]
    (tmp_path / "still.gv").write_text("strict digraph {" + "\n".join(lines) + "}")
    policy = ["--seed-policy", str(tmp_path / "still.gv")]
    assert run(["agents", str(tmp_path / "joint.json"), *short, *policy, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["correlations"]) == 5
    assert run(["agents", grid, "gallery:candy", *short, "--ai-discount", ".9", "--correlation", "1"]) == 0
    assert "POWER of H and A" in capsys.readouterr().out
    assert run(["agents", grid, *short, "--no-overlap", "--correlation", "0", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["correlations"][0]["power"]) == 12


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["gallery:candy"], 2, "Usage"),
        (["gallery:candy", "--discount", "1"], 3, "InvalidInput"),
        (["gallery:candy", "--discount", ".9", "--correlation", "2"], 3, "InvalidInput"),
        (["gallery:candy", "--discount", ".9", "--reward", "exponential"], 3, "InvalidInput"),
        (["gallery:nothing", "--discount", ".9"], 3, "InvalidInput"),
    ],
)
def test_command_line_errors_follow_the_contract(capsys, arguments, code, kind):
    """Usage is 2, our errors are 3, each with one JSON document."""
    assert run(["agents", *arguments, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert not document["ok"]
    assert document["kind"] == kind
