"""The gallery's names, parameters and descriptions work for every environment in it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from orbitwise.environments import gallery
from orbitwise.environments.checks import check
from orbitwise.errors import InvalidInput
from orbitwise.formats.native import environment_sha256, native_text, parse_native

EXPECTED_FINDINGS = {
    "haddad-monmege": set(),
    "trained-shutdown": {"warning"},  # the training level cannot be reached from the new situation
    "corrigibility": {"note"},
    "pac-man": {"note"},  # two walls at a corner are two ways to stay
    "bandit": set(),
}


@pytest.mark.parametrize("name", gallery.names())
def test_every_environment_is_well_formed_described_and_sourced(name: str):
    """No errors, the kinds of findings that are meant, a description, a source, complete claims."""
    mdp = gallery.load(name)
    assert mdp.name == name
    assert {problem.severity for problem in check(mdp)} <= EXPECTED_FINDINGS.get(name, set())
    assert mdp.description.endswith((".", ")"))
    assert len(mdp.source) > 10
    for claim in mdp.claims:
        assert claim.quantity
        assert claim.value
        assert claim.source


@pytest.mark.parametrize("name", gallery.names())
def test_every_environment_survives_the_native_format(name: str):
    """Writing and reading gives the same environment, field by field."""
    mdp = gallery.load(name)
    again = parse_native(native_text(mdp))
    assert environment_sha256(again) == environment_sha256(mdp)
    for field in ("name", "states", "start", "labels", "description", "source", "claims", "notes"):
        assert getattr(again, field) == getattr(mdp, field)
    assert dict(again.layout) == dict(mdp.layout)
    assert [again.action_names(s) for s in range(mdp.n_states)] == [mdp.action_names(s) for s in range(mdp.n_states)]


@pytest.mark.parametrize("name", gallery.names())
def test_describe_says_what_load_gives(name: str):
    """The entry has the facts of the default environment and can be printed as JSON."""
    entry, mdp = gallery.describe(name), gallery.load(name)
    assert (entry.name, entry.description, entry.source, entry.claims) == (
        name,
        mdp.description,
        mdp.source,
        mdp.claims,
    )
    assert entry.n_states == mdp.n_states
    assert json.loads(json.dumps(dataclasses.asdict(entry)))["parameters"] == dict(entry.parameters)


def test_there_are_at_least_fifteen_environments():
    """The published environments of the papers this project rests on."""
    assert len(gallery.names()) >= 15


def test_parameters_may_be_numbers_or_their_texts():
    """As typed after gallery:NAME? they are texts."""
    assert gallery.load("deaths-and-lives", deaths="1", lives=3).states == gallery.load(
        "deaths-and-lives", deaths=1, lives="3"
    ).states  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters", "where", "message"),
    [
        ("kandy", {}, "gallery", "expected an environment of the gallery, found 'kandy'; did you mean 'candy'"),
        ("candy", {"lives": 3}, "gallery:candy", "expected a parameter of 'candy', found 'lives'; remove it"),
        ("star", {"cycle": 3}, "gallery:star", "found 'cycle'; did you mean 'cycles'?"),
        ("star", {"cycles": "three"}, "gallery:star?cycles", "expected a whole number, found 'three'"),
        ("star", {"cycles": 2.5}, "gallery:star?cycles", "expected a whole number, found 2.5"),
        ("star", {"cycles": True}, "gallery:star?cycles", "expected a whole number, found True"),
        ("star", {"cycles": "-1"}, "gallery:star?cycles", "expected a whole number, found '-1'"),
        ("star", {"cycles": 0}, "gallery:star?cycles", "expected a whole number from 1 to 100000, found 0"),
        ("star", {"cycles": "9" * 99}, "gallery:star?cycles", "expected a whole number"),
        ("pixels", {"n": 9}, "gallery:pixels?n", "expected a whole number from 2 to 3, found 9"),
        ("pixel-histories", {"n": 100, "steps": 50}, "gallery:pixel-histories", "found 1 + 9999 x 10000^49"),
    ],
)
def test_unknown_names_and_parameters_are_refused(name: str, parameters: dict, where: str, message: str):
    """The error names the place and what is known."""
    with pytest.raises(InvalidInput) as caught:
        gallery.load(name, **parameters)
    assert caught.value.where == where
    assert message in caught.value.message


@pytest.mark.parametrize("name", [name for name in gallery.names() if gallery.describe(name).parameters])
def test_parameters_change_the_size(name: str):
    """One more of everything makes a larger environment."""
    defaults = gallery.describe(name).parameters
    larger = gallery.load(name, **{key: value + 1 for key, value in defaults.items()})
    assert larger.n_states > gallery.describe(name).n_states
    assert [problem for problem in check(larger) if problem.severity == "error"] == []
