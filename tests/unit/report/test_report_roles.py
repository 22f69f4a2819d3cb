"""Which states play which part in a proof."""

from __future__ import annotations

from dataclasses import replace

from report_answers import grid, make_answer

from orbitwise.outcomes.question import ask
from orbitwise.report.roles import find_roles, list_parts


def tags(answer):
    """State name to tag."""
    names = answer.question.coordinates
    return {names[state]: role.tag for state, role in find_roles(answer).roles.items()}


def test_blocks_are_numbered(answers):
    """T3: each A-block has its number; a single B-block has none; other states have no role."""
    assert tags(answers["candy"]) == {"candy": "B", "chocolate": "A1", "hug": "A2"}


def test_copies_are_numbered_by_their_involution(answers):
    """T1 with 25 copies: lives 1 and 2 are the first copy, life 51 is in none."""
    best_last = replace(answers["two_against_51"], certificates=answers["two_against_51"].certificates[::-1])
    found = tags(best_last)
    assert (found["life 1"], found["life 2"], found["life 3"], found["death 2"]) == ("A1", "A1", "A2", "B")
    assert "life 51" not in found


def test_targets_and_recurrent_states_of_the_graph_form_are_the_roles(answers):
    """T5: one can stay at the rim of a 3 x 4 grid, and in the two holes, one of them on the rim."""
    found = tags(answers["gridworld"])
    holes = {"1,1", "2,2"}
    assert {name for name, tag in found.items() if tag == "B"} == holes
    assert {name for name, tag in found.items() if tag == "A"} == {
        f"{x},{y}" for x in range(4) for y in range(3) if x in (0, 3) or y in (0, 2)
    } - holes


def test_a_state_of_both_sides_has_both_letters(answers):
    """Discounted visits pass through the start on either side."""
    roles = find_roles(answers["nothing_certified"]).roles
    start = answers["nothing_certified"].question.coordinates.index("Start")
    assert (roles[start].side, roles[start].tag) == ("ab", "A B")


def test_without_a_certificate_and_outcomes_the_end_components_speak():
    """When outcomes are too many to list, a state has the role of whoever can return to it for ever."""
    question = ask(grid(), prefer="avoid:@hole", over="enter:@hole", limit=5)
    found = tags(make_answer(question))
    assert found["1,1"] == "B"
    assert found["0,0"] == "A B"


def test_coming_back_names_no_outcomes_so_those_of_the_question_are_colored(answers):
    """T5 by coming back: what going out leads to is on both sides; the hall and the start are A's alone."""
    assert list_parts(answers["returning"].best.proof) == []
    assert tags(answers["returning"]) == {"Start": "A", "hall": "A", "porch": "A B", "garden": "A B"}
    assert "outcomes of A and of B" in find_roles(answers["returning"]).basis


def test_each_distinct_permutation_is_a_move_once(answers):
    """Two swaps for candy; the 51 x 2 swaps of the blocks; one cyclic generator, which is no swap."""
    assert [move.is_swap for move in find_roles(answers["candy"]).moves] == [True, True]
    assert len(find_roles(answers["two_against_51"]).moves) == 102
    (cycle,) = find_roles(answers["vectors"]).moves
    assert not cycle.is_swap
    assert len(cycle.pairs) == 3
    assert find_roles(answers["gridworld"]).moves == ()


def test_the_parts_cover_exactly_the_states_with_roles(answers):
    """What the table of parts lists is what the picture colors."""
    for answer in answers.values():
        if answer.best is not None and (parts := list_parts(answer.best.proof)):
            assert {state for part in parts for state in part.states} == set(find_roles(answer).roles)
