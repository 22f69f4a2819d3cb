"""What ``verify`` says about a certificate: a sentence for each form, and what A and B are."""

from __future__ import annotations

import json

import pytest

from orbitwise.cli.door import run

CANDY = ["gallery:candy", "--prefer", "Wait!", "--over", "candy"]
FIGURE = ["gallery:opts-figure-1", "--prefer", "r", "--over", "l"]
LAKE = ["gym:FrozenLake-v1?is_slippery=false", "--prefer", "avoid:@hole", "--over", "enter:@hole"]
SENTENCES = {  # form: (question, words)
    "average": (CANDY, "accepted: whatever the reward, under average reward, A is at least as good as B on a share of"),
    "discounted": ([*FIGURE, "--discount", "1/2"], "accepted: whatever the reward, at the discount 1/2, A is"),
    "all discounts": ([*FIGURE, "--discount", "all"], "accepted: whatever the reward and the discount, A is"),
    "interval": ([*FIGURE, "--discount", "1/2..2/3"], "whatever the reward and the discount from 1/2 to 2/3, A is"),
    "blackwell": ([*FIGURE, "--criterion", "blackwell"], "at all discounts near enough to 1 (Blackwell optimality), A"),
    "equal blocks": (FIGURE, "and A beats B at least as often as B beats A"),
    "situations": ([*LAKE, "--situations", "0,1"], "A is at least as good as B in all 2 situations at once on a share"),
}


@pytest.mark.parametrize("form", SENTENCES)
def test_the_verdict_is_a_sentence_that_says_what_is_claimed(form, tmp_path, capsys):
    """The criterion, the discounts and the situations are part of the claim."""
    question, words = SENTENCES[form]
    if question[0].startswith("gym:"):
        pytest.importorskip("gymnasium")
    path = tmp_path / "certificate.json"
    assert run(["compare", *question, "--quiet", "--certificate", str(path)]) == 0
    capsys.readouterr()
    assert run(["verify", str(path)]) == 0
    assert words in capsys.readouterr().out


def test_an_accepted_certificate_names_its_sides(tmp_path, capsys):
    """A and B are told in words below the verdict, with control characters made visible."""
    model = {"start": "s\u001b", "transitions": {"s\u001b": {"go": "a", "no": "b"}, "a": {"w": "a"}, "b": {"w": "b"}}}
    (tmp_path / "model.json").write_text(json.dumps(model))
    path = tmp_path / "certificate.json"
    line = ["compare", str(tmp_path / "model.json"), "--prefer", "take:go+avoid:b", "--over", "enter:b", "--quiet"]
    assert run([*line, "--certificate", str(path)]) == 0
    capsys.readouterr()
    assert run(["verify", str(path)]) == 0
    said = capsys.readouterr().out
    assert "  A: take go, avoid b\n  B: enter b\n  asked at s\\x1b\n" in said
