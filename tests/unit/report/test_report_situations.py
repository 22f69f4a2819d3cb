"""Every door says that the shares of a question about many situations are joint, and shows each situation alone."""

from __future__ import annotations

import json

import pytest

import orbitwise as ow
from orbitwise.checker import check
from orbitwise.cli.door import run

DOORS = {
    "transitions": {
        "left": {"safe": "garden", "risky": "pit"},
        "right": {"safe": "garden", "risky": "well"},
        "garden": {"stay": "garden"},
        "pit": {"stay": "pit"},
        "well": {"stay": "well"},
    },
    "start": "left",
}
REWARD = {"garden": 3, "pit": 2, "well": 1}


@pytest.fixture
def path(tmp_path):
    """The two doors as a file."""
    file = tmp_path / "doors.json"
    file.write_text(json.dumps(DOORS), encoding="utf-8")
    return str(file)


@pytest.fixture
def ask_at_all_doors(path, capsys):
    """What ``orbitwise compare`` prints about safety at all doors."""

    def printed(*more):
        assert (
            run(["compare", path, "--situations", "all", "--prefer", "safe", "--over", "risky", "--quiet", *more]) == 0
        )
        return capsys.readouterr().out

    return printed


def test_the_json_has_the_joint_share_and_that_of_each_situation(ask_at_all_doors):
    """5! / 2 = 60 variants; the garden's value is the largest of the three places' on 20, of two places' on 33."""
    document = json.loads(ask_at_all_doors("--json", "--reward", json.dumps(REWARD)))
    assert document["question"]["at"] is None
    assert document["question"]["situations"] == ["left", "right"]
    assert set(document["question"]["left_out"]) == {"garden", "pit", "well"}
    assert [(each["at"], each["share"]) for each in document["situations"]] == [("left", "11/20"), ("right", "11/20")]
    assert document["orbit"]["share"] == "1/3"
    assert any("joint" in note for note in document["notes"])
    verdict = check(document["lower"]["certificate"])
    assert verdict.accepted
    assert "in all 2 situations at once" in verdict.reason


def test_without_a_reward_the_situations_have_no_shares(ask_at_all_doors):
    """They are named all the same."""
    document = json.loads(ask_at_all_doors("--json"))
    assert [(each["at"], each["share"]) for each in document["situations"]] == [("left", None), ("right", None)]


def test_text_and_html_say_that_it_holds_at_once(ask_at_all_doors, tmp_path):
    """The headline, the note and the smallest share of one situation alone."""
    page = tmp_path / "doors.html"
    text = " ".join(ask_at_all_doors("--reward", json.dumps(REWARD), "--html", str(page)).split())
    assert "safe is at least as good as risky in both situations at once on at least 1/3" in text
    assert "In one situation alone the share of your reward is smallest in left: 11/20" in text
    assert "every bound and share is joint" in text
    assert "left out of the situations, because A or B is empty there: garden, pit, well" in text
    assert "in both situations at once" in page.read_text(encoding="utf-8")
    assert "2 situations at once: left, right" in page.read_text(encoding="utf-8")


def test_a_question_in_one_state_has_no_situations(path):
    """The key is there, and null."""
    answer = ow.compare(ow.ask(ow.formats.load(path), prefer="safe", over="risky"))
    assert answer.to_json()["situations"] is None
