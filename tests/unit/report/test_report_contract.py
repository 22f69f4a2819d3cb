"""The JSON documents that other programs rely on."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from orbitwise.errors import FormatError, InvalidInput, NotSupported, SolverFailed
from orbitwise.evidence.answer import SCOPE
from orbitwise.report.contract import answer_document, error_document

KEYS = {
    "ok",
    "schema_version",
    "version",
    "input_sha256",
    "seed",
    "question",
    "lower",
    "others",
    "not_certified",
    "upper",
    "sharp",
    "constant",
    "discounts",
    "orbit",
    "estimate",
    "prior",
    "margins",
    "scope",
    "notes",
    "seconds",
    "situations",
}


def floats_in(value, path=()):
    """Paths of all floats in JSON data."""
    if isinstance(value, float):
        return [path]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in floats_in(item, (*path, key))]
    if isinstance(value, list):
        return [found for item in value for found in floats_in(item, path)]
    return []


def test_every_answer_has_exactly_the_keys_of_the_contract(answer):
    """The object has the keys of the command line contract, whatever was found."""
    assert set(answer_document(answer)) == KEYS


def test_the_parts_have_the_keys_of_the_contract(answers):
    """Lower, upper, orbit and estimate are objects with the promised keys."""
    document = answer_document(answers["candy"])
    assert {"bound", "form", "theorem", "certificate"} <= set(document["lower"])
    assert {"share", "form", "reward"} <= set(document["upper"])
    assert {"size", "prefer_only", "over_only", "both", "neither", "share"} <= set(document["orbit"])
    assert {"share", "low", "high", "level", "samples"} <= set(answer_document(answers["gridworld"])["estimate"])


def test_candy_says_what_theory_says(answers):
    """Bound and witness are 2/3, so the bound is sharp; the reward has 40 of 60 elements (theory.md, section 7)."""
    document = answer_document(answers["candy"])
    assert (document["ok"], document["sharp"], document["constant"]) == (True, True, None)
    assert (document["lower"]["bound"], document["lower"]["form"], document["lower"]["theorem"]) == (
        "2/3",
        "strict-ratio",
        "T3",
    )
    assert document["upper"]["share"] == "2/3"
    assert document["upper"]["reward"] == {"candy": "4", "chocolate": "2", "hug": "1"}
    assert document["orbit"] == {
        "size": 60,
        "prefer_only": 40,
        "over_only": 20,
        "both": 0,
        "neither": 0,
        "share": "2/3",
        "strict_share": "2/3",
    }
    assert [(other["theorem"], other["bound"]) for other in document["others"]] == [("T1", "1/2")]
    assert document["not_certified"] == ["T2: not tried <here>", "T5: not tried <here>"]
    assert (document["seed"], document["seconds"], document["scope"]) == (7, 0.4, SCOPE)


def test_the_question_can_be_asked_again_from_its_document(answers):
    """State, sets, criterion and permuted states are there as the user wrote them."""
    asked = answer_document(answers["nothing_certified"])["question"]
    assert (asked["at"], asked["prefer"], asked["over"]) == ("Start", "Wait!", "candy")
    assert (asked["criterion"], asked["discount"], asked["permute"]) == ("discounted", "1/10", "all")


def test_missing_evidence_is_null(answers):
    """No certificate, witness, count or estimate is null, never an empty object or zero."""
    document = answer_document(answers["estimate_only"])
    assert (document["lower"], document["upper"], document["orbit"]) == (None, None, None)
    assert answer_document(answers["candy"])["estimate"] is None


def test_a_witness_that_was_only_estimated_has_no_share(answers):
    """Nothing sampled appears where an exact share belongs."""
    upper = answer_document(answers["stochastic"])["upper"]
    assert upper["share"] is None
    assert upper["estimate"]["share"] == 0.61


def test_the_certificate_is_the_document_that_is_verified(answer):
    """``lower.certificate`` is the certificate file itself."""
    document = answer_document(answer)
    if answer.best is None:
        assert document["lower"] is None
    else:
        assert document["lower"]["certificate"] == answer.best.document


def test_no_float_stands_where_a_fraction_belongs(answer):
    """Floats occur in estimates and in the seconds only; fractions parse back to what they were."""
    document = answer_document(answer)
    for path in floats_in(document):
        assert path[-1] == "seconds" or "estimate" in path
    if answer.best is not None:
        assert Fraction(document["lower"]["bound"]) == answer.best.bound


def test_the_document_is_json(answer):
    """It survives a trip through JSON unchanged, without NaN."""
    document = answer_document(answer)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("kind", [InvalidInput, FormatError, NotSupported, SolverFailed])
def test_an_error_names_its_kind_and_place(kind):
    """The message, the class and the place are separate fields."""
    document = error_document(kind("expected this, found that; do so", where="model.json:3"))
    assert document["ok"] is False
    assert document["error"] == "expected this, found that; do so"
    assert (document["kind"], document["where"]) == (kind.__name__, "model.json:3")
