"""Strict JSON: decimals are exact, and every mistake is found with its line."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbitwise.errors import FormatError
from orbitwise.formats.strict_json import iter_keys, line_at, line_of, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1]))
def test_whatever_json_writes_is_read_alike(value: object, indent: int | None):
    """For values without decimals the result is that of the standard parser."""
    assert parse_json(json.dumps(value, indent=indent), where="f") == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1000, max_value=1000))
def test_decimals_are_exact(number):
    """A decimal is the fraction of its digits."""
    assert parse_json(f"[{number}]", where="f") == [Fraction(str(number))]


def test_thirds_written_with_six_digits_add_up_exactly():
    """0.333333 + 0.666667 is exactly 1, which floats need not give."""
    assert sum(parse_json("[0.333333, 0.666667]", where="f")) == 1


def paths(value: object, prefix: tuple = ()) -> list[tuple]:
    """All key paths of a decoded document, in the order of the text."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in ((*prefix, k), *paths(v, (*prefix, k)))]
    if isinstance(value, list):
        return [p for i, v in enumerate(value) for p in paths(v, (*prefix, i))]
    return []


@given(VALUES, st.sampled_from([None, 1]))
def test_every_key_is_found_with_its_path_and_line(value: object, indent: int | None):
    """The walk over the tokens sees the keys that decoding sees; with one key a line, lines increase."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    found = [(tuple(path), line_at(text, offset)) for path, _, offset in iter_keys(text)]
    assert [path for path, _ in found] == paths(value)
    lines = [line for _, line in found]
    assert lines == (sorted(set(lines)) if indent else [1] * len(lines))


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('{"a": 1,\n "a": 2}', "f:2", "found 'a' again (first in line 1)"),
        ('{"x": {"b": [0, {"c": 1,\n\n"c": 1}]}}', "f:3", "found x['b'][1]['c'] again (first in line 1)"),
        ('{"a\\u0062": 1, "ab": 2}', "f:1", "found 'ab' again"),
        ('{"a": 1, "a": 1', "f:1", "found a mistake at column 16"),
        ('{"a": NaN}', "f:1", "expected a finite number of at most 1000 digits, found NaN"),
        ('["NaN",\n-Infinity]', "f:2", "found -Infinity"),
        ("[1e99999]", "f:1", "found 1e99999"),
        ("[1E+100000000000]", "f:1", "found 1E+100000000000"),
        ("[" + "1" * 5000 + "]", "f:1", "found 1111111111"),
        ("[0." + "1" * 5000 + "]", "f:1", "found 0.1111"),
        ('{"a": 1,}', "f:1", "expected JSON, found a mistake at column 9"),
        ("\n\n{", "f:3", "expected JSON, found a mistake at column 2"),
        ("{'a': 1}", "f:1", "expected JSON"),
        ("[1] [2]", "f:1", "Extra data"),
        ('{"a": "\n"}', "f:1", "Invalid control character"),
        ('["\\x"]', "f:1", "Invalid \\escape"),
        ("[" * 100_000, "f", "nested too deeply"),
    ],
)
def test_mistakes_are_named_with_their_line(text: str, where: str, message: str):
    """Duplicate keys at any depth, numbers without value, and broken syntax."""
    with pytest.raises(FormatError) as caught:
        parse_json(text, where="f")
    assert caught.value.where == where
    assert message in caught.value.message


def test_the_line_of_a_path_that_is_not_there_is_none():
    """Lookups may fail."""
    assert line_of('{"a": 1}', ("b",)) is None
    assert line_of('{"a": [1, {"c": 2}]}', ("a", 1, "c")) == 1
