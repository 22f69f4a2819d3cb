"""The drawing of an environment: complete where small, honest about what is left out where large."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_answers import deaths_and_lives, graph_form_answer, make_answer

from orbitwise.environments.builder import Builder
from orbitwise.outcomes.question import ask, ask_vectors
from orbitwise.report.drawing import Box, arc_between
from orbitwise.report.picture import draw_picture
from orbitwise.report.units import list_units


def drawn_states(picture):
    """States drawn one by one, with repetitions."""
    return [node.states[0] for node in picture.nodes if node.kind in ("state", "cell")]


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share an inner point."""
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


@st.composite
def environments(draw):
    """Random environments of 2 to 12 states with stochastic choices."""
    n = draw(st.integers(min_value=2, max_value=12))
    builder = Builder("random")
    for state in range(n):
        for action in range(draw(st.integers(min_value=1, max_value=3))):
            targets = draw(st.lists(st.integers(min_value=0, max_value=n - 1), min_size=1, max_size=3, unique=True))
            builder.add(f"s{state}", f"a{action}", {f"s{t}": f"1/{len(targets)}" for t in targets})
    builder.add("s0", "first", "s1").add("s0", "second", "s0")
    return builder.build()


@given(environments())
@settings(max_examples=60, deadline=None)
def test_a_small_environment_is_drawn_completely(mdp):
    """Every state once, no two shapes on one another, nothing outside the picture, every move in an edge."""
    picture, _ = draw_picture(make_answer(ask(mdp, prefer="first", over="second")))
    assert sorted(drawn_states(picture)) == list(range(mdp.n_states))
    boxes = [node.box for node in picture.nodes if node.kind not in ("frame", "choice")]
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    for node in picture.nodes:
        assert node.box.left >= 0
        assert node.box.top >= 0
        assert node.box.right <= picture.width
        assert node.box.bottom <= picture.height
    assert sum(node.is_start for node in picture.nodes) == 1


@given(environments())
@settings(max_examples=60, deadline=None)
def test_links_are_the_moves_of_the_environment(mdp):
    """From state to state, through the dots of stochastic choices, the links lead exactly where the choices lead."""
    graph = list_units(mdp, 0, {})
    after = {}
    for link in graph.links:
        after.setdefault(link.source, set()).add(link.target)
    found = set()
    for k, unit in enumerate(graph.units):
        for target in after.get(k, ()) if unit.states else ():
            for end in [target] if graph.units[target].states else after[target]:
                found |= {(source, state) for source in unit.states for state in graph.units[end].states}
    moves = {
        (state, int(end)) for state in range(mdp.n_states) for c in mdp.choices(state) for end in mdp.successors(c)
    }
    in_clusters = {(a, b) for unit in graph.units for a in unit.states for b in unit.states if len(unit.states) > 1}
    assert found - in_clusters == moves - in_clusters


def test_candy_is_drawn_with_its_actions(answers):
    """Five states, four moves with their names, three loops."""
    picture, _ = draw_picture(answers["candy"])
    assert {node.label for node in picture.nodes} == set(answers["candy"].question.coordinates)
    assert sorted(edge.label for edge in picture.edges if edge.label) == ["Wait!", "candy", "chocolate", "hug"]
    assert sum(edge.title.startswith("stays") for edge in picture.edges) == 3
    assert [(move.label, move.sentence) for move in picture.moves] == [
        ("φ1", "candy ↔ chocolate"),
        ("φ2", "candy ↔ hug"),
    ]


def test_chances_are_written_exactly(answers):
    """A choice with two successors is a dot; its arrows carry the exact probabilities."""
    picture, _ = draw_picture(answers["stochastic"])
    assert sum(node.kind == "choice" for node in picture.nodes) == 2
    labels = [edge.label for edge in picture.edges]
    assert labels.count("1/3") == labels.count("2/3") == 2


def test_many_alike_ends_share_a_frame(answers):
    """51 lives are 51 cells in one frame, with one arrow from living."""
    picture, _ = draw_picture(answers["two_against_51"])
    assert sum(node.kind == "frame" for node in picture.nodes) == 1
    assert sum(node.kind == "cell" for node in picture.nodes) == 51
    assert len(drawn_states(picture)) == 56
    assert "51 actions" in [edge.label for edge in picture.edges]


def test_a_grid_is_drawn_as_a_grid(answers):
    """Twelve cells at their places; arrows lead into holes, plain lines connect cells both ways."""
    picture, _ = draw_picture(answers["gridworld"])
    assert picture.kind == "grid"
    places = {node.title.split(";")[0]: (node.box.x, node.box.y) for node in picture.nodes}
    step = places["1,0"][0] - places["0,0"][0]
    assert places["3,2"] == pytest.approx((places["0,0"][0] + 3 * step, places["0,0"][1] + 2 * step))
    # 17 pairs of neighbors in a 3 x 4 grid; the two holes have 4 + 3 of them, which are one way
    assert len(picture.edges) == 17
    assert sum(edge.has_arrow for edge in picture.edges) == 7


def test_a_large_environment_is_drawn_by_components():
    """400 lives and 3 deaths: four states by name, two groups, and a caption that says so."""
    picture, _ = draw_picture(make_answer(ask(deaths_and_lives(3, 400), prefer="live", over="die")))
    groups = [node for node in picture.nodes if node.kind == "group"]
    assert [(len(node.states), node.label, node.tag) for node in groups] == [(400, "400 states", "A")]
    assert len(drawn_states(picture)) == 6
    assert "406 states are too many" in picture.captions[0]


def test_states_of_a_component_are_together_and_unreached_ones_are_left_out():
    """A ring of 100 states is one part; a ring that cannot be reached is not drawn, and the caption counts it."""
    builder = Builder("rings", start="r0")
    for i in range(100):
        builder.add(f"r{i}", "on", f"r{(i + 1) % 100}").add(f"u{i}", "on", f"u{(i + 1) % 100}")
    builder.add("r0", "leave", "out").add("out", "stay", "out").add("u0", "in", "r0")
    picture, _ = draw_picture(make_answer(ask(builder.build(), prefer="on", over="leave")))
    (ring,) = [node for node in picture.nodes if node.kind == "group"]
    assert len(ring.states) == 100
    assert ring.is_start
    assert len(picture.nodes) == 2
    assert "100 states that cannot be reached" in picture.captions[0]


def test_only_the_nearest_parts_of_a_long_chain_are_drawn():
    """A chain of 300 states has 300 components: 60 are drawn and the caption says so."""
    builder = Builder("chain", start="c0")
    for i in range(299):
        builder.add(f"c{i}", "on", f"c{i + 1}").add(f"c{i}", "skip", f"c{min(299, i + 2)}")
    picture, _ = draw_picture(make_answer(ask(builder.add("c299", "stay", "c299").build(), prefer="on", over="skip")))
    assert len(picture.nodes) == 60
    assert picture.captions[-1] == "Only the 60 of 300 parts nearest to the start are drawn."


def test_part_of_a_group_with_a_role_is_counted():
    """A pond of 25 x 25 is too large for a grid: one open part, whose rim of 96 cells is A's, and one hole."""
    n, builder = 25, Builder("pond", start="0,0")
    for y in range(n):
        for x in range(n):
            name = f"{x},{y}"
            if (x, y) == (3, 3):
                builder.add(name, "stay", name)
            else:
                for action, dx, dy in (("l", -1, 0), ("r", 1, 0), ("u", 0, -1), ("d", 0, 1)):
                    builder.add(name, action, f"{min(n - 1, max(0, x + dx))},{min(n - 1, max(0, y + dy))}")
            builder.place(name, x, y)
    answer = graph_form_answer(ask(builder.build(), prefer='avoid:["3,3"]', over='enter:["3,3"]'))
    assert answer.best.bound == Fraction(96, 97)
    picture, basis = draw_picture(answer)
    assert picture.kind == "graph"
    assert [(len(node.states), node.tag) for node in picture.nodes] == [(624, "96 A"), (1, "B")]
    assert "T5" in basis


def test_states_that_cannot_be_reached_are_faded():
    """In a small environment they are drawn, but stand back."""
    builder = Builder("two", start="a").add("a", "x", "a").add("a", "y", "b").add("b", "stay", "b")
    picture, _ = draw_picture(make_answer(ask(builder.add("lost", "x", "a").build(), prefer="y", over="x")))
    assert [node.label for node in picture.nodes if node.is_faded] == ["lost"]


def test_given_vectors_are_drawn_as_coordinates():
    """Coordinates of A come before those of B and the rest; 70 are too many."""
    rows = np.eye(70, dtype=int).tolist()
    picture, _ = draw_picture(make_answer(ask_vectors(prefer=rows[1:3], over=rows[:1])))
    assert [node.label for node in picture.nodes[:4]] == ["1", "2", "0", "3"]
    assert len(picture.nodes) == 60
    assert "60 of 70" in picture.captions[0]


def test_the_layout_of_the_environment_is_kept(answers):
    """Candy brings its own places: the drawn ones are these, stretched."""
    layout = answers["candy"].question.play.environment.layout
    picture, _ = draw_picture(answers["candy"])
    places = [(layout[node.states[0]], (node.box.x, node.box.y)) for node in picture.nodes]
    for axis in (0, 1):
        (low, x_low), (high, x_high) = (
            (given[axis], drawn[axis]) for given, drawn in (min(places, key=by(axis)), max(places, key=by(axis)))
        )
        for given_place, drawn in places:
            scale = (given_place[axis] - low) / (high - low)
            assert drawn[axis] == pytest.approx(x_low + scale * (x_high - x_low))


def by(axis):
    """Sort key: the given place along an axis."""
    return lambda place: place[0][axis]


def test_an_arc_starts_and_ends_at_the_borders():
    """Arcs of a swap touch both boxes from outside and stay finite for equal centers."""
    first, second = Box(0, 0, 40, 20), Box(200, 50, 40, 20)
    numbers = [float(x) for x in re.findall(r"-?\d+\.?\d*", arc_between(first, second))]
    assert numbers[0] == pytest.approx(22, abs=0.1) or abs(numbers[1]) == pytest.approx(12, abs=0.1)
    assert 177 <= numbers[4] <= 201
    assert "inf" not in arc_between(first, first)
    assert "nan" not in arc_between(first, first)
