"""The native format keeps environments exactly, and names the line of whatever is wrong."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orbitwise.environments import gallery
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats import read, write
from orbitwise.formats.native import (
    environment_sha256,
    from_document,
    native_document,
    native_text,
    parse_native,
    read_native,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@st.composite
def documents(draw: st.DrawFn) -> dict:
    """Native documents with exact probabilities, labels and layouts."""
    states = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    rows: dict = {}
    for state in states:
        rows[state] = {}
        for action in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
            targets = draw(st.lists(st.sampled_from(states), min_size=1, max_size=3, unique=True))
            weights = [draw(st.integers(1, 9)) for _ in targets]
            row = {t: str(Fraction(w, sum(weights))) for t, w in zip(targets, weights, strict=True)}
            rows[state][action] = targets[0] if len(targets) == 1 else row
    document: dict = {"name": draw(NAMES), "start": draw(st.sampled_from(states)), "transitions": rows}
    if draw(st.booleans()):
        document["labels"] = {draw(NAMES): sorted(draw(st.sets(st.sampled_from(states))), key=states.index)}
    if draw(st.booleans()):
        document["layout"] = {states[0]: [draw(st.integers(-5, 5)), 0.5]}
    if draw(st.booleans()):
        document |= {"description": "what", "source": "whence", "notes": ["a", "b"]}
    return document


@settings(deadline=None)
@given(documents())
def test_reading_and_writing_are_inverse(document: dict):
    """The document of the environment of a document is that document, in text as well."""
    mdp = from_document(document)
    assert native_document(mdp) == document
    assert list(native_document(mdp)["transitions"]) == list(document["transitions"])
    text = native_text(mdp)
    assert json.loads(text) == document
    assert environment_sha256(parse_native(text)) == environment_sha256(mdp)


def test_files_are_written_and_read(tmp_path: Path):
    """A file keeps the environment; without a name field the file's name is used."""
    path = tmp_path / "sweets.json"
    write(gallery.load("candy"), path)
    assert environment_sha256(read(path)) == environment_sha256(gallery.load("candy"))
    assert read(path).name == "candy"
    path.write_text('{"transitions": {"a": {"stay": "a"}}}')
    assert read(path).name == "sweets"


def test_decimals_are_read_by_their_digits():
    """0.25 is 1/4, and 0.333333 + 0.666667 is accepted as exactly 1."""
    mdp = parse_native(
        '{"transitions": {"a": {"x": {"a": 0.25, "b": 0.75}}, "b": {"y": {"a": 0.333333, "b": 0.666667}}}}'
    )
    assert mdp.graph.exact is not None
    assert mdp.graph.exact.tolist() == [
        Fraction(1, 4), Fraction(3, 4), Fraction(333333, 10**6), Fraction(666667, 10**6),
    ]  # fmt: skip


def test_normalize_is_passed_on(tmp_path: Path):
    """Rows that miss 1 are divided by their sum on request."""
    path = tmp_path / "m.json"
    path.write_text('{"transitions": {"a": {"x": {"a": 0.5, "b": 0.47}}, "b": {"stay": "b"}}}')
    with pytest.raises(InvalidInput, match=r"sums to 0\.97, expected 1; write the missing 0\.03 or use normalize=True"):
        read_native(path)
    assert read_native(path, normalize=True).graph.exact_probabilities.tolist()[0] == Fraction(50, 97)


GOOD = """{
 "start": "lake",
 "transitions": {
  "lake": {"left": {"lake": "1/2", "hole": "1/2"},
           "right": "shore"},
  "hole": {"stay": "hole"},
  "shore": {"stay": "shore"}
 },
 "labels": {
  "wet": ["lake", "hole"]
 },
 "layout": {"lake": [0, 1]}
}"""


def test_the_good_document_is_good():
    """The changes of the next test start from here."""
    assert parse_native(GOOD).n_states == 3


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        (
            '"1/2", "hole": "1/2"',
            '"1/2", "hole": "0.47"',
            "f:4: transition['lake', 'left']",
            "sums to 0.97, expected 1",
        ),
        ('"1/2", "hole": "1/2"', '"3/2", "hole": "-1/2"', "f:4: transition['lake', 'left']['hole']", "found -1/2"),
        ('"1/2", "hole": "1/2"', '"1/2", "hole": "x"', "f:4: transition['lake', 'left']['hole']", "found 'x'"),
        ('"1/2", "hole": "1/2"', '"1/2", "hole": null', "f:4: transition['lake', 'left']['hole']", "found None"),
        ('"1/2", "hole": "1/2"', '"1/2", "hole": true', "f:4: transition['lake', 'left']['hole']", "found True"),
        ('"1/2", "hole": "1/2"', '"1/2", "hole": NaN', "f:4", "found NaN"),
        ('"1/2", "hole": "1/2"', '"1/2", "lake": "1/2"', "f:4", "transitions['lake']['left']['lake'] again"),
        (
            '"1/2", "hole": "1/2"',
            '"1/2", "pit": "1/2"',
            "f:4: transition['lake', 'left']",
            "leads to 'pit', which has no",
        ),
        ('{"lake": "1/2", "hole": "1/2"}', "{}", "f:4: transition['lake', 'left']", "non-empty mapping"),
        ('{"lake": "1/2", "hole": "1/2"}', '["lake"]', "f:4: transition['lake', 'left']", "expected a state name"),
        ('"right": "shore"', '"left": "shore"', "f:5", "transitions['lake']['left'] again (first in line 4)"),
        ('"right": "shore"', '"right": "sure"', "f:5: transition['lake', 'right']", "leads to 'sure'"),
        ('"right": "shore"', '"": "shore"', "f:5: transition['lake', '']", "non-empty text as action name"),
        ('"right": "shore"', '"right": ""', "f:5: transition['lake', 'right']", "leads to ''"),
        ('"right": "shore"', '"right": 7', "f:5: transition['lake', 'right']", "expected a state name"),
        ('"shore": {"stay": "shore"}', '"shore": {}', "f:7: transitions['shore']", "expected at least one action"),
        ('"shore": {"stay": "shore"}', '"shore": "shore"', "f:7: transitions['shore']", "an object from actions"),
        ('"shore": {"stay": "shore"}', '"": {"stay": ""}', "f:7: transition['', 'stay']", "non-empty text as state"),
        ('"hole": {"stay": "hole"}', '"lake": {"stay": "lake"}', "f:6", "transitions['lake'] again (first in line 4)"),
        ('"start": "lake"', '"start": "sea"', "f:2: start", "expected a state, found 'sea'"),
        ('"start": "lake"', '"start": 3', "f:2: start", "expected a text, found 3"),
        ('"start": "lake"', '"beginning": "lake"', "f:2: beginning", "found 'beginning'"),
        ('"transitions": {', '"transition": {', "f:3: transition", "found 'transition'; did you mean 'transitions'?"),
        (
            '"wet": ["lake", "hole"]',
            '"wet": ["lake", "hol"]',
            "f:10: labels['wet']",
            "found 'hol'; did you mean 'hole'",
        ),
        ('"wet": ["lake", "hole"]', '"wet": "lake"', "f:10: labels['wet']", 'expected a list of states, found "lake"'),
        ('"wet": ["lake", "hole"]', '"wet": [1]', "f:10: labels['wet']", "non-empty text as state name, found 1"),
        ('"wet": ["lake", "hole"]', '"": ["lake"]', "f:10: labels['']", "non-empty text as label name"),
        ('"layout": {"lake": [0, 1]}', '"layout": {"sea": [0, 1]}', "f:12: layout['sea']", "found 'sea'"),
        ('"layout": {"lake": [0, 1]}', '"layout": {"lake": [0]}', "f:12: layout['lake']", "expected [column, row]"),
        (
            '"layout": {"lake": [0, 1]}',
            '"layout": {"lake": [0, true]}',
            "f:12: layout['lake']",
            "expected [column, row]",
        ),
        ('"layout": {"lake": [0, 1]}', '"layout": {"lake": [0, 1e300]}', "f:12: layout['lake']", "[column, row]"),
        ('"layout": {"lake": [0, 1]}', '"layout": []', "f:12: layout", "expected an object, found []"),
        ('"layout": {"lake": [0, 1]}', '"notes": ["a", 1]', "f:12: notes[1]", "expected a text, found 1"),
        ('"layout": {"lake": [0, 1]}', '"claims": [{"quantity": "q"}]', "f:12: claims[0]", "quantity, value, source"),
        ('"layout": {"lake": [0, 1]}', '"claims": {}', "f:12: claims", "expected a list of claims"),
        ('"layout": {"lake": [0, 1]}', '"name": ""', "f:12: name", "expected a non-empty text as environment name"),
        ('"stay": "shore"}\n }', '"stay": "shore"}\n ', "f:13", "expected JSON, found a mistake"),
    ],
)
def test_mistakes_are_named_with_line_state_action_and_value(old: str, new: str, where: str, message: str):
    """One change to a good document, one message at the right place."""
    assert GOOD.count(old) == 1
    with pytest.raises(InvalidInput) as caught:
        parse_native(GOOD.replace(old, new), where="f")
    assert caught.value.where == where
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("[]", "f", "expected an object such as"),
        ('"candy"', "f", "expected an object such as"),
        ("{}", "f", "expected the field 'transitions', found none"),
        ('{"transitions": {}}', "f:1: transitions", "expected at least one state, found none"),
        ('{"transitions": []}', "f:1: transitions", "expected an object, found []"),
        ('{"transitions": {"a": {"stay": "a"}}, "x": 1}', "f:1: x", "expected one of the fields name, start"),
    ],
)
def test_documents_of_the_wrong_shape_are_refused(text: str, where: str, message: str):
    """The top level is checked before anything in it."""
    with pytest.raises(InvalidInput) as caught:
        parse_native(text, where="f")
    assert caught.value.where == where
    assert message in caught.value.message


def test_structure_is_a_format_error_and_a_wrong_model_is_not():
    """Tools can tell a file that is no model from a model that breaks a rule."""
    with pytest.raises(FormatError):
        parse_native('{"transitions": 3}')
    with pytest.raises(InvalidInput) as caught:
        parse_native('{"transitions": {"a": {"go": "b"}}}')
    assert not isinstance(caught.value, FormatError)


def test_half_characters_are_refused():
    """A lone surrogate could be written into no file."""
    with pytest.raises(InvalidInput, match="found half of one"):
        parse_native('{"transitions": {"\\ud800": {"stay": "\\ud800"}}}')


def test_a_large_deterministic_model_is_written_and_read():
    """20,000 states in a ring keep their order."""
    n = 20_000
    rows = {f"s{i}": {"on": f"s{(i + 1) % n}", "stay": f"s{i}"} for i in range(n)}
    mdp = from_document({"transitions": rows})
    assert native_document(mdp)["transitions"] == rows
    assert environment_sha256(parse_native(native_text(mdp))) == environment_sha256(mdp)
