"""The main job end to end, through the shell: certificate <= truth <= witness, verified by the checker."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import orbitwise as ow
from orbitwise.checker import check
from orbitwise.cli.door import run

CONTRACT = {"ok", "question", "lower", "not_certified", "upper", "sharp", "constant", "orbit", "estimate", "seconds"}
PROVENANCE = {"schema_version", "version", "input_sha256", "seed"}


def compare(capsys, *arguments):
    """The document that ``orbitwise compare --json`` prints, which must be the only thing on stdout."""
    assert run(["compare", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_candy_is_proved_sharp_and_counted(capsys):
    """MORE's example: bound 2/3, a witness of 2/3, and 40 of 60 permutations of 1, 1/2, 1/4 over five states."""
    reward = '{"candy": 1, "chocolate": 0.5, "hug": "1/4"}'
    found = compare(
        capsys, "gallery:candy", "--at", "Start", "--prefer", "Wait!", "--over", "candy", "--reward", reward
    )
    assert set(found) >= CONTRACT | PROVENANCE
    assert (found["lower"]["bound"], found["upper"]["share"], found["sharp"]) == ("2/3", "2/3", True)
    assert found["constant"]["share"] == "2/3"
    assert {k: found["orbit"][k] for k in ("size", "prefer_only", "over_only", "both", "neither", "share")} == {
        "size": 60,
        "prefer_only": 40,
        "over_only": 20,
        "both": 0,
        "neither": 0,
        "share": "2/3",
    }
    assert check(found["lower"]["certificate"]).accepted


def test_narrowing_the_group_to_the_sweets_counts_four_of_six(capsys):
    """Values 1, 1/2, 0 on the three sweets: 4 of 6."""
    found = compare(
        capsys,
        *("gallery:candy", "--prefer", "Wait!", "--over", "candy", "--permute", "candy,chocolate,hug"),
        *("--reward", '{"candy": 1, "chocolate": "1/2"}'),
    )
    assert (found["orbit"]["size"], found["orbit"]["prefer_only"], found["orbit"]["share"]) == (6, 4, "2/3")


def test_splitting_candy_moves_the_bound_to_one_half(capsys):
    """Two candies against two other sweets."""
    found = compare(capsys, "gallery:candy-split", "--prefer", "Wait!", "--over", "candy")
    assert (found["lower"]["bound"], found["sharp"]) == ("1/2", True)


def test_deaths_and_lives_show_both_theorems(capsys):
    """2 deaths against 51 lives: 51/53 by T2 and 25/26 by T1, both shown."""
    found = compare(capsys, "gallery:deaths-and-lives?deaths=2&lives=51", "--prefer", "live", "--over", "die")
    shown = {c["theorem"]: c["bound"] for c in (found["lower"], *found["others"])}
    assert (shown["T1"], shown["T2"], found["sharp"]) == ("25/26", "51/53", True)


LAKES = [
    ("map_name=8x8&is_slippery=false", "enter:@hole", "27/37"),
    ("map_name=4x4&is_slippery=false", "enter:@hole", "9/13"),
    ("map_name=8x8&is_slippery=true", "end:@hole", "1/11"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "over", "bound"), LAKES)
def test_frozen_lakes_are_proved(capsys, arguments, over, bound):
    """Certificate <= share of the witness, and the certificate is accepted."""
    found = compare(capsys, f"gym:FrozenLake-v1?{arguments}", "--at", "0", "--prefer", "avoid:@hole", "--over", over)
    assert found["lower"]["bound"] == bound
    assert check(found["lower"]["certificate"]).accepted
    upper = found["upper"]
    share = Fraction(upper["share"]) if upper["share"] else upper["estimate"]["high"]
    assert Fraction(bound) <= share


@pytest.mark.slow
def test_the_slippery_small_lake_says_why_not_and_shows_a_witness(capsys):
    """Nothing is certified, each theorem says why, and some reward's share is surely below 1/10."""
    found = compare(
        capsys,
        *("gym:FrozenLake-v1?map_name=4x4&is_slippery=true", "--at", "0"),
        *("--prefer", "avoid:@hole", "--over", "end:@hole"),
    )
    assert found["lower"] is None
    assert any("stay surely" in reason for reason in found["not_certified"])
    upper = found["upper"]
    assert (float(Fraction(upper["share"])) if upper["share"] else upper["estimate"]["high"]) < 0.1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers_with_any_workers_on_taxi(capsys):
    """A discounted question whose outcomes cannot be listed, rewards uniform, on 1, 2 and 4 workers."""
    line = ("gym:Taxi-v4", "--at", "0", "--prefer", "take:0", "--over", "take:1", "--discount", "0.95")
    line = (*line, "--reward", "uniform", "--precision", "0.02", "--seed", "7")
    runs = [compare(capsys, *line, "--workers", workers) for workers in ("1", "2", "4", "serial", "processes:2")]
    assert all(found["estimate"] == runs[0]["estimate"] for found in runs)
    assert all(found["upper"] == runs[0]["upper"] for found in runs)
    assert runs[0]["estimate"]["high"] - runs[0]["estimate"]["low"] <= 0.02


def test_a_written_certificate_is_verified_and_a_changed_one_rejected(tmp_path, capsys):
    """``--certificate`` writes what ``verify`` accepts with exit code 0; a larger bound gets exit code 1."""
    path = tmp_path / "candy.json"
    compare(capsys, "gallery:candy", "--prefer", "Wait!", "--over", "candy", "--certificate", str(path))
    assert run(["verify", str(path)]) == 0
    document = json.loads(path.read_text())
    document["bound"] = "3/4"
    path.write_text(json.dumps(document))
    assert run(["verify", str(path)]) == 1
    assert "rejected" in capsys.readouterr().out


def test_every_certificate_says_when_the_search_had_it():
    """The times lie within that of the whole comparison, and are no part of what is proved."""
    answer = ow.compare(ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy"))
    document = answer.to_json()
    claims = [document["lower"], *document["others"]]
    assert len(claims) == len(answer.certificates)
    assert all(0 < claim["seconds"] < answer.seconds for claim in claims)
    assert "seconds" not in answer.best.document
