"""Whatever text or data is given, the checker answers with a verdict; nothing malformed is accepted."""

from __future__ import annotations

import copy
import json
import time

import pytest
from checker_certificates import BASES, candy_copies, candy_orbits, candy_tree, given_copies
from epsilon_certificates import EPSILON_BASES, horizon_later, near_units

from orbitwise.checker import check, check_file, check_text


def rejected(verdict, *words):
    """The reason of a rejecting verdict, which must contain the words."""
    assert not verdict.accepted
    assert verdict.bound is None
    for word in words:
        assert word in verdict.reason, verdict.reason
    return verdict.reason


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "expected an object, found a list"),
        ("null", "expected an object, found null"),
        ('"text"', "expected an object, found 'text'"),
        ("NaN", "floating-point number 'NaN'"),
        ("-Infinity", "floating-point"),
        ("1e400", "floating-point"),
        ("{}", "'format' is missing"),
        ('{"a": 1, "a": 1}', "the key 'a' occurs twice"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "the key 'b' occurs twice"),
        ("\ufeff{}", "not JSON"),
        ('{"a": "\x01"}', "not JSON"),
        ("9" * 10_001, "10001 digits"),
        ("[" * 200_000, "nested"),
        ('{"a":' * 200_000, "nested"),
        ("{} {}", "not JSON"),
    ],
)
def test_text_that_is_no_certificate_is_rejected_with_the_reason(text, word):
    """Broken JSON, other JSON, floats, duplicate keys, endless nesting, endless digits."""
    rejected(check_text(text), word)


@pytest.mark.parametrize("document", [None, 1, "x", [], (), {1: 2}, {"format": ...}, {}, {"theorem": []}])
def test_data_that_is_no_certificate_is_rejected(document):
    """Also data that JSON cannot denote."""
    rejected(check(document))


def test_nesting_inside_a_certificate_is_rejected_and_not_followed():
    """A list 100,000 deep in place of any field."""
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for field in candy_copies():
        rejected(check({**candy_copies(), field: deep}), field)


@pytest.mark.parametrize("name", [*BASES, *EPSILON_BASES])
def test_every_value_of_a_wrong_type_is_rejected(name):
    """Each leaf and each inner value in turn is replaced by values of other types."""
    document = BASES[name][0]() if name in BASES else EPSILON_BASES[name]()
    if name.startswith("peril"):
        return  # the same shapes as candy, only longer
    for path, value in walk(document):
        for wrong in (1.0, True, None, "no such name", -1, 10**5000, [], {}, [[]], [None], {"": ""}, "\ud800", "1/0"):
            verdict = check(replaced(document, path, wrong))
            assert verdict.reason.isprintable()
            assert not verdict.accepted or harmless(path, value, wrong), (path, value, wrong)


def test_a_long_epsilon_is_shown_short():
    """An epsilon of 6,000 digits is accepted like any other; the sentence does not print it."""
    document, tiny = near_units(), f"1/1{'0' * 6_000}"
    rest = f"{'9' * 6_000}/1{'0' * 6_000}"
    for i, (x, y) in enumerate(("xy", "yx")):
        outcome = {x: rest, y: tiny}
        document["outcomes"]["prefer"][i] = document["proof"]["mixed"][i]["weights"][0][0] = outcome
    document["epsilon"] = f"5{'0' * 5_997}1/1{'0' * 6_000}"  # 1/20 and what is tiny
    verdict = check_text(json.dumps(document))
    assert verdict.accepted, verdict.reason
    assert len(verdict.reason) < 500
    rejected(check_text(json.dumps({**horizon_later(), "proof": {"kind": "horizon", "steps": 10**4200}})), "steps")


def harmless(path, value, wrong):
    """Replacements by a value of the same type, by the same number, or that drop a condition that is not needed."""
    if type(value) is type(wrong) or str(value) == str(wrong):
        return True
    return path[0] in ("question", "permutable") and wrong in (None, [])


def walk(value, path=()):
    """All inner values with their paths."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in entries:
        yield (*path, key), each
        yield from walk(each, (*path, key))


def replaced(document, path, new):
    """A copy of the document with another value at the path."""
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return document


def test_fields_may_not_be_missing_or_added_at_any_level():
    """Every object of fixed shape, in every base certificate."""
    open_objects = ("transitions", "environment.transitions")
    for make, _ in BASES.values():
        document = make()
        for path, value in [((), document), *walk(document)]:
            where = ".".join(map(str, path))
            if not isinstance(value, dict) or where.startswith(open_objects) or is_vector(value):
                continue
            more = {**value, "comment": None}
            rejected(check(replaced(document, path, more) if path else more), "'comment' is unknown")
            if "peril" in make.__name__:
                break
            for key in value:
                fewer = {k: v for k, v in value.items() if k != key}
                rejected(check(replaced(document, path, fewer) if path else fewer))


def is_vector(value):
    """Whether an object of a certificate is a vector."""
    return not set(value) & {"kind", "take", "vector", "over", "state", "transitions"}


def test_giant_numbers_are_bounded_work():
    """10,000 digits are read; sums of such numbers that would grow without end are refused quickly."""
    began = time.perf_counter()
    text = json.dumps(candy_tree()).replace('"bound": "2/3"', f'"bound": "{"2" * 10_000}/{"3" * 10_000}"')
    assert check_text(text).accepted  # 22...2/33...3 is 2/3
    rejected(check_text(text.replace('"2222', '"1222')), "bound: claims a fraction of")
    weights = {f"s{i}": f"1/{'1' * 5_995}{10_001 + 2 * i}" for i in range(400)}
    transitions = {state: {"a": weights if state == "s0" else state} for state in weights}
    document = {
        **candy_tree(),
        "coordinates": list(transitions),
        "environment": {"transitions": transitions},
    }
    rejected(check_text(json.dumps(document)), "more than 10000 digits")
    rejected(check({**given_copies(), "ratio": 7**30_000}), "ratio")
    assert time.perf_counter() - began < 10


def test_a_long_elimination_with_long_numbers_is_bounded_work():
    """A dense chain of 12 states whose probabilities have 1,500 digits: elimination meets 10,000 digits, and stops."""
    began = time.perf_counter()
    n, q = 12, 10**1500
    transitions = {}
    for i in range(n):
        parts = [q + 7 * i + 3 * j * j for j in range(n - 1)]
        parts.append(n * q + i - sum(parts))
        transitions[f"s{i}"] = {"a": {f"s{j}": f"{part}/{n * q + i}" for j, part in enumerate(parts)}}
    document = {
        **candy_orbits(),
        "criterion": {"kind": "discounted", "discount": f"{q - 1}/{q}"},
        "coordinates": list(transitions),
        "environment": {"transitions": transitions},
    }
    free = {"take": None, "always": None, "avoid": [], "enter": [], "end": None}
    document["question"] = {"at": "s0", "prefer": free, "over": free}
    document["proof"] = {**document["proof"], "generators": [], "prefer": [{"s0": 1}], "over": [{"s0": 1}]}
    rejected(check_text(json.dumps(document)), "more than 10000 digits")
    assert time.perf_counter() - began < 20


def test_a_file_is_read_as_utf8(tmp_path):
    """Names in any script are fine; bytes that are no UTF-8 are a verdict; an absent file is the caller's error."""
    text = json.dumps(candy_copies(), ensure_ascii=False).replace("hug", "объятие 🤗")
    path = tmp_path / "certificate.json"
    path.write_text(text, encoding="utf-8")
    assert check_file(path).accepted
    path.write_bytes(b"\xff\xfe{}")
    rejected(check_file(path), "not UTF-8")
    with pytest.raises(FileNotFoundError):
        check_file(tmp_path / "absent.json")
