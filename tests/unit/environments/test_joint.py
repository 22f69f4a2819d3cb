"""Joint environments and fixed policies: products, rules, names, POWERplay's files, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.environments.fixed_policies import fix_policy, parse_policy
from orbitwise.environments.joint import as_joint, is_joint, join_agents, rows_of, same_place
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats.powerplay import parse_powerplay
from orbitwise.formats.powerplay_policy import parse_powerplay_policy, read_powerplay_policy

MOVES = {"left": -1, "stay": 0, "right": 1}


def corridor(n=3):
    """A row of n cells named as POWERplay names them."""
    builder = ow.Builder("corridor")
    for cell in range(n):
        for move, step in MOVES.items():
            if 0 <= cell + step < n:
                builder.add(f"(0, {cell})", move, f"(0, {cell + step})")
    return builder.build()


def coin(name="coin"):
    """Two states; a fair and a 1/3 coin decide where one goes."""
    builder = ow.Builder(name)
    builder.add("x", "fair", {"x": "1/2", "y": "1/2"}).add("x", "go", "y")
    return builder.add("y", "third", {"x": "1/3", "y": "2/3"}).add("y", "stay", "y").build()


def table(mdp):
    """rows[state][action] = {successor: exact probability}."""
    return {name: {a: dict(row) for a, row in rows} for name, rows in zip(mdp.states, rows_of(mdp), strict=True)}


def far_right(h, a, h_action, a_action):
    """POWERplay's example of a rule: the human may not stay while the AI is in the cell at the far right."""
    return a == "(0, 2)" and h_action == "stay"


def test_joint_law_is_the_product_of_both_laws():
    """Every joint probability is the exact product, also for different environments of the two agents."""
    first, second = coin(), corridor()
    joint = join_agents(first, second).environment
    own, other, both = table(first), table(second), table(joint)
    assert len(both) == 6
    for s, t in product(own, other):
        found = both[f"{s}_H^{t}_A"]
        assert set(found) == {f"{a}_H^{b}_A" for a, b in product(own[s], other[t])}
        for a, b in product(own[s], other[t]):
            expected = {f"{x}_H^{y}_A": p * q for (x, p), (y, q) in product(own[s][a].items(), other[t][b].items())}
            assert found[f"{a}_H^{b}_A"] == expected


def test_no_overlaps_drops_states_and_what_may_lead_there():
    """POWERplay's joint_7x7_gridworld_maze_no_overlaps.gv has no action right_H^stay_A beside an AI on the right."""
    free = join_agents(corridor(), corridor(), forbid_states=same_place).environment
    assert free.n_states == 6
    assert set(table(free)["(0, 0)_H^(0, 1)_A"]) == {
        "right_H^left_A",
        "right_H^right_A",
        "stay_H^stay_A",
        "stay_H^right_A",
    }
    assert all(len(set(name.replace("_H", "").replace("_A", "").split("^"))) == 2 for name in free.states)


def test_a_policy_of_one_agent_gives_the_published_environment_of_the_other():
    """POWERplay's mdps/stoch_1x3_..._with_agent_A_moving_left_and_agent_H_forbidden_from_staying_..._simulated.gv.

    It says: the AI moves left wherever it can, the human moves as it likes, and has no action S while the AI is at 2.
    """
    joint = join_agents(corridor(), corridor(), forbid_actions=far_right)
    left = {f"(0, {h})_H^(0, {a})_A": "left" if a else "stay" for h, a in product(range(3), repeat=2)}
    found = table(fix_policy(joint, left, agent="A"))
    for h, a in product(range(3), repeat=2):
        moves = {m: h + step for m, step in MOVES.items() if 0 <= h + step < 3 and not (a == 2 and m == "stay")}
        expected = {m: {f"(0, {to})_H^(0, {max(a - 1, 0)})_A": 1} for m, to in moves.items()}
        assert found[f"(0, {h})_H^(0, {a})_A"] == expected


def test_a_stochastic_policy_mixes_the_joint_rows_exactly():
    """T(s, a) = sum_b p(b | s) T(s, (a, b)), for the second and for the first agent."""
    joint = join_agents(coin(), coin("other"))
    rows = table(joint.environment)
    policy = {}
    for name in rows:
        s, t = name.replace("_H", "").replace("_A", "").split("^")
        policy[name] = {"fair": "1/5", "go": "4/5"} if t == "x" else {"third": Fraction(3, 7), "stay": Fraction(4, 7)}
    found = table(fix_policy(joint, policy, agent="A"))
    for name, actions in found.items():
        for action, row in actions.items():
            expected = {}
            for b, p in policy[name].items():
                for successor, q in rows[name][f"{action}_H^{b}_A"].items():
                    expected[successor] = expected.get(successor, 0) + Fraction(p) * q
            assert row == expected
    mirrored = {
        f"{t}_H^{s}_A": row for name, row in policy.items() for s, t in [name[:-2].replace("_H", "").split("^")]
    }
    other = table(fix_policy(joint, mirrored, agent="H"))
    for name, actions in found.items():
        s, t = name[:-2].replace("_H", "").split("^")
        swapped = {
            action: {f"{y}_H^{x}_A": p for to, p in row.items() for x, y in [to[:-2].replace("_H", "").split("^")]}
            for action, row in actions.items()
        }
        assert other[f"{t}_H^{s}_A"] == swapped


def test_what_is_impossible_beside_an_action_is_conditioned_away():
    """With no overlaps the human's stay at 0 beside an AI at 1 leaves the uniform AI stay or right: 1/2 each."""
    joint = join_agents(corridor(), corridor(), forbid_states=same_place)
    found = table(fix_policy(joint, "uniform", agent="A"))["(0, 0)_H^(0, 1)_A"]
    half = Fraction(1, 2)
    assert found["stay"] == {"(0, 0)_H^(0, 1)_A": half, "(0, 0)_H^(0, 2)_A": half}
    assert found["right"] == {"(0, 1)_H^(0, 0)_A": half, "(0, 1)_H^(0, 2)_A": half}
    going_left = dict.fromkeys(joint.environment.states, "stay") | {"(0, 0)_H^(0, 1)_A": "left"}
    assert set(table(fix_policy(joint, going_left, agent="A"))["(0, 0)_H^(0, 1)_A"]) == {"right"}  # stay is missing


def test_a_joint_environment_starts_where_both_start():
    """The pair of starts, unless that is forbidden; a fixed policy keeps it."""
    late = ow.Builder("late", start="(0, 1)").add("(0, 0)", "stay", "(0, 0)").add("(0, 1)", "stay", "(0, 1)").build()
    joint = join_agents(late, corridor())
    for mdp in (joint.environment, fix_policy(joint, "uniform", agent="H")):
        assert mdp.states[mdp.start] == "(0, 1)_H^(0, 0)_A"
    apart = join_agents(late, late, forbid_states=same_place).environment
    assert apart.states[apart.start] == "(0, 0)_H^(0, 1)_A"


def test_joint_environments_are_environments(tmp_path):
    """Written natively and as a POWERplay graph and read again, the pairs are found in the names."""
    joint = join_agents(corridor(), corridor(), agents=("A", "B"))
    ow.formats.write(joint.environment, tmp_path / "joint.json")
    lines = []
    for state, actions in table(joint.environment).items():
        for action, row in actions.items():
            lines.append(f'"[{state}]" -> "[{action}]__[{state}]";')
            lines += [
                f'"[{action}]__[{state}]" -> "[{to}]__[{action}]__[{state}]" [weight="{float(p)}"];'
                for to, p in row.items()
            ]
    for environment in (
        ow.formats.read(tmp_path / "joint.json"),
        parse_powerplay("strict digraph {\n" + "\n".join(lines) + "\n}"),
    ):
        assert is_joint(environment)
        again = as_joint(environment)
        assert (again.agents, again.actions) == (joint.agents, joint.actions)
        np.testing.assert_array_equal(again.choice_actions, joint.choice_actions)
        assert table(again.environment) == table(joint.environment)


def test_powerplay_policies_are_read(tmp_path):
    """Weights on the choices of one agent, in both conventions of names; zeros are kept and mean never."""
    text = 'strict digraph { "[s_H^t_A]"; "[s_H^t_A]" -> "[go]__[s_H^t_A]" [weight="0.25"]; s2 -> go__s2 [weight=1]; '
    text += '"[s_H^t_A]" -> "[stay]__[s_H^t_A]" [weight=0.75]; s2 -> stay__s2 [weight=0] }'
    path = tmp_path / "policy.gv"
    path.write_text(text)
    expected = {"s_H^t_A": {"go": 0.25, "stay": 0.75}, "s2": {"go": 1.0, "stay": 0.0}}
    assert read_powerplay_policy(path) == expected
    for wrong, message in (
        ("digraph { a -> b }", "expected an edge from s to a__s"),
        ("digraph { s -> a__s }", "expected a probability as weight"),
        ("digraph { a__s -> t__a__s [weight=1] }", "give the policy's file"),
    ):
        with pytest.raises(FormatError, match=message):
            parse_powerplay_policy(wrong)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("greedy", "expected uniform or a mapping"),
        ({}, "found nothing here"),
        ({"nowhere": "stay"}, "expected a state"),
        ({"x_H^x_A": "fly", "x_H^y_A": "stay", "y_H^x_A": "go", "y_H^y_A": "stay"}, "expected an action of 'A'"),
        ({"x_H^x_A": {"go": 0.4, "fair": 0.5}, "x_H^y_A": "stay", "y_H^x_A": "go", "y_H^y_A": "stay"}, "sums to 0.9"),
        ({"x_H^x_A": {"go": -1, "fair": 2}, "x_H^y_A": "stay", "y_H^x_A": "go", "y_H^y_A": "stay"}, "not negative"),
    ],
)
def test_wrong_policies_are_refused(policy, message):
    """A policy says for every joint state what its agent does there."""
    with pytest.raises(InvalidInput, match=message):
        parse_policy(join_agents(coin(), coin("other")), policy, agent="A")


def test_wrong_joints_are_refused():
    """Names that cannot be told apart, rules that leave nothing, actions that are no pairs, unknown agents."""
    grid = corridor()
    for agents in (("H", "H"), ("H_", "A"), ("", "A"), ("H", "A^")):
        with pytest.raises(InvalidInput, match="two different names"):
            join_agents(grid, grid, agents=agents)
    with pytest.raises(InvalidInput, match="expected a joint state"):
        join_agents(grid, grid, forbid_states=lambda *_: True)
    with pytest.raises(InvalidInput, match="expected an action pair"):
        join_agents(grid, grid, forbid_actions=lambda h, a, *_: h == a)
    with pytest.raises(InvalidInput, match="expected action pairs"):
        as_joint(grid)
    mixed = ow.Builder("mixed").add("s", "a_H^b_A", "s").add("s", "a_H^b_B", "s").build()
    with pytest.raises(InvalidInput, match="expected action pairs"):
        as_joint(mixed)
    joint = join_agents(grid, grid, forbid_states=same_place)
    with pytest.raises(InvalidInput, match="expected an agent"):
        fix_policy(joint, "uniform", agent="B")
