"""Gymnasium's transition tables: what the environment does is what the MDP does, and ends of episodes are kept."""

from __future__ import annotations

import sys
from fractions import Fraction
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest

from orbitwise.environments.checks import check
from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.formats.gymnasium import from_gymnasium, parse_argument

GYM_ACTIONS = {"0": "left", "1": "down", "2": "right", "3": "up"}


def row(mdp: MDP, state: str, action: str) -> dict[str, Fraction]:
    """The successors of a choice with their exact probabilities."""
    choice = mdp.choice(mdp.state(state), action)
    i, j = mdp.graph.entry_offsets[choice : choice + 2].tolist()
    exact = mdp.graph.exact_probabilities
    return {mdp.states[s]: exact[k] for k, s in zip(range(i, j), mdp.graph.successors[i:j].tolist(), strict=True)}


def fake(table: object, **facts: object) -> SimpleNamespace:
    """An environment that is nothing but a table; touching anything else fails."""
    base = SimpleNamespace(P=table, **facts)
    return SimpleNamespace(unwrapped=base, spec=None)


@pytest.mark.parametrize("size", ["4x4", "8x8"])
@pytest.mark.parametrize("is_slippery", [False, True])
def test_the_frozen_lake_is_the_gridworld_of_its_map(size: str, is_slippery: bool):
    """A slippery lake slips to each side with 1/3: the gridworld with slip 2/3 has the same rows, exactly."""
    env = gymnasium.make("FrozenLake-v1", map_name=size, is_slippery=is_slippery)
    lines = ["".join(cell.decode() for cell in line) for line in env.unwrapped.desc]
    width = len(lines[0])
    grid = gridworld(
        lines,
        legend={"F": "frozen", "H": "hole absorbing", "G": "goal absorbing"},
        slip=Fraction(2, 3) if is_slippery else 0,
        stay=False,
    )
    mdp = from_gymnasium(env)
    number = {f"{i // width},{i % width}": str(i) for i in range(mdp.n_states)}
    for cell, state in number.items():
        for action in mdp.action_names(mdp.state(state)):
            expected = row(grid, cell, GYM_ACTIONS.get(action, "stay"))
            assert row(mdp, state, action) == {number[c]: p for c, p in expected.items()}
    for label in ("start", "frozen", "hole", "goal"):
        assert mdp.labels[label] == grid.labels[label]
    assert dict(mdp.layout) == dict(grid.layout)
    assert mdp.states[mdp.start] == "0"
    assert mdp.labels["terminal"] == tuple(sorted((*mdp.labels["hole"], *mdp.labels["goal"])))


def test_the_environment_is_only_read():
    """Making the MDP leaves an episode that has begun as it is."""
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    env.reset(seed=0)
    env.step(1)
    before = (env.unwrapped.s, env.unwrapped.P, [p for s in env.unwrapped.P.values() for a in s.values() for p in a])
    from_gymnasium(env)
    assert env.unwrapped.s == before[0] == 4
    assert [p for s in env.unwrapped.P.values() for a in s.values() for p in a] == before[2]


def test_cliff_walking_has_a_cliff_that_nobody_enters():
    """In the table a step onto the cliff leads to the start; a note says so; the goal is absorbing."""
    mdp = from_gymnasium("CliffWalking-v1")
    assert [mdp.states[i] for i in mdp.labels["cliff"]] == [str(i) for i in range(37, 47)]
    assert mdp.states[mdp.start] == "36"
    assert [mdp.states[i] for i in mdp.labels["goal"]] == ["47"]
    assert mdp.action_names(mdp.state("47")) == ("stay",)
    assert row(mdp, "36", "1") == {"36": 1}  # right, onto the cliff
    assert row(mdp, "25", "2") == {"36": 1}  # down, onto the cliff
    assert not set(mdp.labels["cliff"]) & set(
        mdp.graph.successors[mdp.graph.choice_nodes[mdp.graph.entry_choices] < 36]
    )
    assert any("no cliff state is ever entered" in note for note in mdp.notes)
    assert mdp.layout[mdp.state("47")] == (11.0, 3.0)


def test_taxi_has_many_starts_and_copies_of_its_ends():
    """300 start states: state 0 is taken and a note says it; delivery leads to copies that only stay."""
    name = "Taxi-v4" if "Taxi-v4" in gymnasium.registry else "Taxi-v3"
    mdp = from_gymnasium(name)
    assert mdp.states[:500] == tuple(str(i) for i in range(500))
    done = [mdp.states[i] for i in mdp.labels["terminal"]]
    assert done == ["0 (done)", "85 (done)", "410 (done)", "475 (done)"]
    assert all(mdp.action_names(mdp.state(state)) == ("stay",) for state in done)
    assert row(mdp, "16", "5") == {"0 (done)": 1}  # at R with the passenger in the taxi, dropped where wanted
    assert mdp.start == 0
    assert any("may start in 300 states" in note and "--at" in note for note in mdp.notes)


def test_a_state_entered_only_at_the_end_becomes_absorbing():
    """Its own rows, which lead on, are dropped, and a note says so."""
    table = {0: {0: [(1.0, 1, 0.0, True)], 1: [(1.0, 0, 0.0, False)]}, 1: {0: [(1.0, 0, 0.0, False)]}}
    mdp = from_gymnasium(fake(table, initial_state_distrib=np.array([1.0, 0.0])))
    assert mdp.states == ("0", "1")
    assert row(mdp, "1", "stay") == {"1": 1}
    assert mdp.notes == ("episodes end in 1: their own rows were dropped, the play stays there",)


def test_a_state_entered_both_ways_gets_a_copy():
    """Going on and having ended are different states."""
    table = {
        0: {0: [(0.5, 1, 0.0, True), (0.5, 1, 0.0, False)]},
        1: {0: [(1.0, 0, 0.0, False)]},
    }
    mdp = from_gymnasium(fake(table))
    assert mdp.states == ("0", "1", "1 (done)")
    assert row(mdp, "0", "0") == {"1 (done)": Fraction(1, 2), "1": Fraction(1, 2)}
    assert row(mdp, "1", "0") == {"0": 1}
    assert row(mdp, "1 (done)", "stay") == {"1 (done)": 1}
    assert any("also entered without ending" in note for note in mdp.notes)


def test_a_start_that_is_also_an_end_is_copied():
    """The play begins in the state itself, not in the absorbing one."""
    table = {0: {0: [(1.0, 1, 0.0, False)]}, 1: {0: [(1.0, 0, 0.0, True)]}}
    mdp = from_gymnasium(fake(table, initial_state_distrib=[1.0, 0.0]))
    assert mdp.states == ("0", "1", "0 (done)")
    assert row(mdp, "1", "0") == {"0 (done)": 1}


def test_a_state_that_never_moves_needs_no_copy():
    """An absorbing state is absorbing, however it is entered."""
    table = {0: {0: [(1.0, 1, 0.0, True)], 1: [(1.0, 1, 0.0, False)]}, 1: {0: [(1.0, 1, 0.0, False)]}}
    mdp = from_gymnasium(fake(table))
    assert mdp.states == ("0", "1")
    assert mdp.labels["terminal"] == (1,)


def test_rows_of_dead_states_do_not_keep_others_alive():
    """State 2 is entered otherwise only from state 1, in which every play has ended."""
    table = {
        0: {0: [(1.0, 1, 0.0, True)], 1: [(1.0, 2, 0.0, True)]},
        1: {0: [(1.0, 2, 0.0, False)]},
        2: {0: [(1.0, 0, 0.0, False)]},
    }
    mdp = from_gymnasium(fake(table, initial_state_distrib=[1, 0, 0]))
    assert mdp.states == ("0", "1", "2")
    assert mdp.labels["terminal"] == (1, 2)


def test_chances_of_one_successor_are_added_and_thirds_are_thirds():
    """0.33333333333333337 + 0.3333333333333333 is 2/3."""
    third, more = 0.3333333333333333, 0.33333333333333337
    table = {0: {0: [(more, 0, 0, False), (third, 1, 0, False), (third, 0, 0, False)]}, 1: {0: [(1.0, 1, 0, False)]}}
    mdp = from_gymnasium(fake(table))
    assert row(mdp, "0", "0") == {"0": Fraction(2, 3), "1": Fraction(1, 3)}
    assert any("read as nearby fractions" in note for note in mdp.notes)


def test_tables_may_be_lists_and_numbers_of_numpy():
    """P[state][action] with positions and numpy scalars."""
    table = [[[(np.float64(1.0), np.int64(1), np.float32(0), np.bool_(False))], []], [[(1.0, 1, 0, False)]]]
    mdp = from_gymnasium(fake(table))
    assert mdp.states == ("0", "1")
    assert mdp.action_names(0) == ("0",)
    assert "1 actions have no entry in the table and are left out" in mdp.notes


def test_unreachable_rows_are_kept():
    """States that nothing leads to stay coordinates, and check says so."""
    table = {s: {0: [(1.0, 0, 0.0, False)]} for s in range(3)}
    mdp = from_gymnasium(fake(table))
    assert mdp.states == ("0", "1", "2")
    assert any("cannot be reached" in problem.message for problem in check(mdp))


@pytest.mark.parametrize(
    ("table", "where", "message"),
    [
        ({}, "gym:SimpleNamespace", "found an empty one"),
        ({0: {0: [(1.0, 1, 0.0, False)]}}, "gym:SimpleNamespace: P[0][0]", "expected a state of P, found 1"),
        ({0: {0: [(-0.5, 0, 0, False), (1.5, 0, 0, False)]}}, "gym:SimpleNamespace: P[0][0]", "found -0.5"),
        ({0: {0: [(float("nan"), 0, 0, False)]}}, "gym:SimpleNamespace: P[0][0]", "found nan"),
        ({0: {0: [(1.0, 0)]}}, "gym:SimpleNamespace: P[0][0]", "expected (probability, successor, reward, terminated)"),
        ({0: {0: [3]}}, "gym:SimpleNamespace: P[0][0]", "found 3"),
        ({0: {0: [(0.7, 0, 0, False)]}}, "transition['0', '0']", "sums to 0.7, expected 1"),
        ({0: {0: [(1.0, 0, 0, False)]}, "0": {0: [(1.0, 0, 0, False)]}}, "gym:SimpleNamespace: P", "distinct names"),
    ],
)
def test_malformed_tables_are_refused_with_their_place(table: object, where: str, message: str):
    """State and action of the offending entry are named."""
    with pytest.raises(InvalidInput) as caught:
        from_gymnasium(fake(table))
    assert caught.value.where == where
    assert message in caught.value.message


def test_an_environment_without_a_table_is_not_supported():
    """CartPole has none; the message names tabulate."""
    with pytest.raises(NotSupported, match="tabulate"):
        from_gymnasium("CartPole-v1")


@pytest.mark.parametrize(
    ("identifier", "arguments", "message"),
    [
        ("FrozenSea-v1", {}, "FrozenSea"),
        ("FrozenLake-v1", {"map_name": "9x9"}, "KeyError: '9x9'"),
        ("FrozenLake-v1", {"ice": True}, "unexpected keyword argument 'ice'"),
        ("FrozenLake-v1", {"id": "x"}, "TypeError"),
        ("", {}, "Malformed environment ID"),
        ("antigravity:FrozenLake-v1", {}, "import the module in Python"),
    ],
)
def test_ids_and_arguments_that_gymnasium_cannot_make_are_refused(identifier: str, arguments: dict, message: str):
    """The message of Gymnasium is passed on, without its traceback; nothing is imported from an id."""
    with pytest.raises(InvalidInput) as caught:
        from_gymnasium(identifier, **arguments)
    assert message in caught.value.message
    assert caught.value.where == f"gym:{identifier}"
    assert "antigravity" not in sys.modules


def test_arguments_need_an_id():
    """An environment that exists cannot be made again."""
    with pytest.raises(InvalidInput, match="expected arguments only with an id"):
        from_gymnasium(gymnasium.make("FrozenLake-v1"), is_slippery=False)


def test_without_gymnasium_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    """The remedy can be pasted."""
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(NotSupported, match=r'pip install "orbitwise\[gym\]"'):
        from_gymnasium("FrozenLake-v1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("3", 3),
        ("-2", -2),
        ("0.25", 0.25),
        ("8x8", "8x8"),
        ("", ""),
        ("None", "None"),
    ],
)
def test_arguments_are_true_false_numbers_or_texts(text: str, value: object):
    """Nothing is evaluated."""
    assert parse_argument(text) == value
    assert type(parse_argument(text)) is type(value)
