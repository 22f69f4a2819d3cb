"""Priors as users write them: tables, products, functions, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats.priors import read_prior
from orbitwise.rewards.priors import parse_prior, weigh

NAMES = ("candy", "hug")
F = Fraction


def test_a_table_weighs_what_it_lists_and_all_others_alike():
    """A reward not listed weighs what others weigh, 0 if nothing is said."""
    rows = [{"reward": {"hug": 1}, "weight": "1/3"}, {"reward": [1, 0], "weight": 0.5}]
    prior = parse_prior({"table": rows, "others": 2}, NAMES)
    assert [weigh(prior, x) for x in ((F(0), F(1)), (F(1), F(0)), (F(1), F(1)))] == [F(1, 3), F(1, 2), F(2)]
    assert weigh(parse_prior({"table": rows}, NAMES), (F(1), F(1))) == 0


def test_a_product_multiplies_the_weights_of_the_values_at_their_places():
    """Values without a weight count once."""
    prior = parse_prior({"product": {"hug": {"1/2": 3, 0: "1/5"}, "candy": {"1": 2}}}, NAMES)
    assert weigh(prior, (F(1), F(1, 2))) == 6
    assert weigh(prior, (F(0), F(0))) == F(1, 5)
    assert weigh(prior, (F(0), F(7))) == 1


def test_a_function_sees_names_and_exact_values():
    """What it returns is read like any number."""
    prior = parse_prior(lambda reward: reward["hug"] + F(1, 2), NAMES)
    assert weigh(prior, (F(1), F(1, 3))) == F(5, 6)


def test_files_and_inline_json_are_read_alike(tmp_path):
    """The path of a file, or the text itself."""
    text = json.dumps({"product": {"hug": {"1": 3}}})
    path = tmp_path / "prior.json"
    path.write_text(text)
    assert read_prior(text, NAMES, where="--prior") == read_prior(str(path), NAMES, where="--prior")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "expected a function or a mapping"),
        ({"table": [], "product": {}}, "expected a function or a mapping"),
        ({"table": [], "other": 1}, "expected a function or a mapping"),
        ({"table": {}}, "list"),
        ({"table": [{"reward": {}}]}, '"weight"'),
        ({"table": [{"reward": {"hugs": 1}, "weight": 1}]}, "hug"),
        ({"table": [{"reward": {}, "weight": -1}]}, "at least 0"),
        ({"table": [{"reward": {}, "weight": 1}, {"reward": [0, 0], "weight": 1}]}, "once"),
        ({"product": []}, "mapping from names"),
        ({"product": {"hugs": {"1": 1}}}, "hug"),
        ({"product": {"hug": {}}}, "mapping from values"),
        ({"product": {"hug": {"1": 1, "2/2": 2}}}, "once"),
        ({"product": {"hug": {"one": 1}}}, "expected a number"),
        ({"product": {"hug": {"1": "nan"}}}, "expected a number"),
        ({"product": {}, "others": -2}, "at least 0"),
        (3, "expected a function or a mapping"),
    ],
)
def test_what_is_no_prior_is_refused_with_its_place(given, words):
    """Each mistake has its message."""
    with pytest.raises(InvalidInput, match=words):
        parse_prior(given, NAMES)


def test_a_function_that_returns_no_weight_is_refused():
    """Negative numbers and texts are no weights."""
    for value in (-1, "many", None, float("nan")):
        with pytest.raises(InvalidInput):
            weigh(parse_prior(lambda _, value=value: value, NAMES), (F(1), F(0)))


def test_broken_json_is_refused_with_its_line(tmp_path):
    """As for every other file."""
    path = tmp_path / "prior.json"
    path.write_text('{"product": {\n')
    with pytest.raises(FormatError, match=r"prior\.json"):
        read_prior(str(path), NAMES, where="--prior")
