"""POWERplay's graph files: both conventions of naming nodes, plain graphs, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

import orbitwise as ow
from orbitwise.environments.mdp import MDP
from orbitwise.errors import FormatError, InvalidInput, OrbitwiseError
from orbitwise.formats.native import environment_sha256
from orbitwise.formats.powerplay import parse_powerplay, read_powerplay

ROOM = {  # a corridor of two cells whose moves fail with probability 1/15
    "(0, 0)": {"right": {"(0, 1)": 14 / 15, "(0, 0)": 1 / 15}, "stay": {"(0, 0)": 1.0}},
    "(0, 1)": {"left": {"(0, 0)": 14 / 15, "(0, 1)": 1 / 15}, "stay": {"(0, 1)": 1.0}},
}


def write(rows: dict[str, dict[str, dict[str, float]]], around: str) -> str:
    """The graph of a table of rows, written as POWERplay does, with ``around`` as the convention for a name."""

    def node(*names: str) -> str:
        return '"' + "__".join(around.format(name) for name in names) + '"'

    lines = [f"{node(state)};" for state in rows]
    for state, actions in rows.items():
        for action, row in actions.items():
            lines.append(f"{node(state)} -> {node(action, state)};")
            lines += [f'{node(action, state)} -> {node(t, action, state)}  [weight="{p}"];' for t, p in row.items()]
    return "strict digraph  {\n" + "\n".join(lines) + "\n}\n"


def choices_of(mdp: MDP) -> dict[str, dict[str, dict[str, Fraction]]]:
    """rows[state][action][successor], exact."""
    graph = mdp.graph
    exact = graph.exact_probabilities
    return {
        name: {
            mdp.actions[mdp.choice_actions[choice]]: {
                mdp.states[graph.successors[k]]: exact[k]
                for k in range(graph.entry_offsets[choice], graph.entry_offsets[choice + 1])
            }
            for choice in mdp.choices(state)
        }
        for state, name in enumerate(mdp.states)
    }


@pytest.mark.parametrize("around", ["{}", "[{}]"])
def test_both_node_conventions_give_the_same_environment(around: str) -> None:
    """Names with and without brackets; decimal weights become simple fractions; cells are drawn at their place."""
    mdp = parse_powerplay(write(ROOM, around))
    expected = {
        state: {a: {t: Fraction(round(p * 15), 15) for t, p in row.items()} for a, row in actions.items()}
        for state, actions in ROOM.items()
    }
    assert choices_of(mdp) == expected
    assert mdp.layout == {0: (0.0, 0.0), 1: (1.0, 0.0)}
    assert environment_sha256(mdp) == environment_sha256(parse_powerplay(write(ROOM, "[{}]")))


def test_plain_graph_is_the_figure_of_the_paper() -> None:
    """OPTS figure 1 as a plain graph gives the gallery's environment, whose edges come from the paper."""
    known = ow.gallery.load("opts-figure-1")
    lines = [
        f'"{state}" -> "{successor}";'
        for state, actions in choices_of(known).items()
        for row in actions.values()
        for successor in row
    ]
    mdp = parse_powerplay('digraph "figure 1" {\n' + "\n".join(lines) + "\n}")
    assert mdp.name == "figure 1"
    rows = choices_of(mdp)
    assert set(rows) == set(known.states)
    for state, actions in choices_of(known).items():
        assert sorted(map(sorted, rows[state].values())) == sorted(map(sorted, actions.values()))


def test_missing_action_is_missing() -> None:
    """No action worth 0 is made up for a state that has fewer actions than others."""
    mdp = parse_powerplay("digraph { 0 -> 0; 0 -> 1; 1 -> 1; }")
    assert [len(mdp.choices(state)) for state in range(2)] == [2, 1]


def test_files_are_read_by_suffix(tmp_path) -> None:
    """``orbitwise check file.gv`` and all other commands take such files; the name is the file's."""
    path = tmp_path / "room.gv"
    path.write_text(write(ROOM, "[{}]"))
    assert ow.formats.read(path).name == "room"
    assert read_powerplay(path).n_states == 2


@pytest.mark.parametrize(
    ("text", "kind", "message", "place"),
    [
        ("graph { a -- a }", FormatError, "begins with digraph", "f:1"),
        ("digraph { a -> b", FormatError, "found the end of the text", "f:1"),
        (
            "digraph {\n a -> ;\n}",
            FormatError,
            "the name of a node, found ';'",
            "f:2",
        ),
        ("digraph { subgraph x { a } }", FormatError, "the name of a node", "f:1"),
        ("digraph { a -> a } digraph { b -> b }", FormatError, "the end of the text", "f:1"),
        ("digraph { edge [weight=1]; a -> a }", FormatError, "a weight on each edge", "f:1"),
        ("digraph { a -> <b> }", FormatError, "a name, a quoted name", "f:1"),
        ("digraph { }", InvalidInput, "at least one transition", "f: graph"),
        ("digraph { a -> b; }", InvalidInput, "expected an action of each state", "f: 'b'"),
        ("digraph {\n a -> x__a;\n x__a -> b__x__c [weight=1]\n}", FormatError, "expected an edge from", "f:3"),
        ("digraph {\n a -> x__a [weight=1];\n}", FormatError, "this is a policy", "f:2"),
        ("digraph {\n a -> x__a;\n x__a -> a__x__a [weight=much];\n}", FormatError, "found 'much'", "f:3"),
        (
            "digraph { a -> x__a; x__a -> a__x__a [weight=0.9]; }",
            InvalidInput,
            "sums to 0.9",
            "f: transition['a', 'x']",
        ),
        ("digraph { a -> x__a; a -> y__a; x__a -> a__x__a [weight=1]; }", InvalidInput, "non-empty mapping", "f: "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, kind: type[OrbitwiseError], message: str, place: str) -> None:
    """Every refusal names the line, or the state or choice that breaks a rule."""
    with pytest.raises(kind, match=message) as caught:
        parse_powerplay(text, where="f")
    assert caught.value.where.startswith(place)


def test_comments_and_drawing_attributes_are_skipped() -> None:
    """Comments, defaults, labels and shapes say nothing about the environment."""
    text = '// one\n# two\ndigraph { /* three */ rankdir=LR; node [shape=box]; a [label="x"]; a -> b -> b [color=red] }'
    assert choices_of(parse_powerplay(text)) == {"a": {"b": {"b": 1}}, "b": {"b": {"b": 1}}}
