"""Bad input: one clear message, exit code 2 or 3, no traceback, nothing written."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from orbitwise.cli.door import run

GOOD = {
    "name": "small",
    "start": "a",
    "transitions": {"a": {"left": "b", "right": {"b": "1/2", "c": "1/2"}}, "b": {"stay": "b"}, "c": {"stay": "c"}},
}


def model(tmp_path, text):
    path = tmp_path / "model.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return str(path)


def changed(**transitions):
    return {**GOOD, "transitions": {**GOOD["transitions"], **transitions}}


FILES = {  # what is wrong: (file content, words that the message must have)
    "broken JSON": ('{"transitions": {', ["model.json:1", "column 18"]),
    "empty file": ("", ["empty"]),
    "not an object": ("[1, 2]", ["object"]),
    "no transitions": ({"name": "x"}, ["transitions"]),
    "sums to 0.97": (changed(a={"left": {"b": "0.5", "c": "0.47"}}), ["transition['a', 'left']", "0.97", "expected 1"]),
    "negative": (changed(a={"left": {"b": "3/2", "c": "-1/2"}}), ["'a'", "'left'", "-1/2"]),
    "NaN": ('{"transitions": {"a": {"left": {"a": NaN}}}}', ["NaN"]),
    "text as probability": (changed(a={"left": {"b": "half"}}), ["'a'", "'left'", "half"]),
    "unknown successor": (changed(a={"left": "nowhere"}), ["'a'", "'left'", "nowhere"]),
    "duplicate state": ('{"transitions": {"a": {"s": "a"}, "a": {"s": "a"}}}', ["'a'"]),
    "duplicate action": ('{"transitions": {"a": {"s": "a", "s": "a"}}}', ["'s'"]),
    "state without action": (changed(a={}), ["'a'"]),
    "unknown start": ({**GOOD, "start": "z"}, ["start", "z"]),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file_is_refused_with_its_place(kind, tmp_path, capsys):
    """Exit code 3 and a message that names the place, on stderr; stdout stays empty."""
    content, words = FILES[kind]
    page = tmp_path / "page.html"
    code = run(["compare", model(tmp_path, content), "--prefer", "left", "--over", "right", "--html", str(page)])
    said = capsys.readouterr()
    assert code == 3, said
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err, said.err
    assert not page.exists()


QUESTIONS = {  # what is wrong: (arguments, exit code, words)
    "missing file": (["nofile.json", "--prefer", "left", "--over", "right"], 3, ["nofile.json"]),
    "unknown suffix": (["model.xyz", "--prefer", "left", "--over", "right"], 3, ["model.xyz"]),
    "unknown gallery name": (["gallery:cnady", "--prefer", "left", "--over", "right"], 3, ["cnady", "candy"]),
    "unknown state": (["MODEL", "--at", "z", "--prefer", "left", "--over", "right"], 3, ["'z'"]),
    "unknown action": (["MODEL", "--prefer", "up", "--over", "right"], 3, ["'up'", "'left'"]),
    "unknown label": (["MODEL", "--prefer", "avoid:@lava", "--over", "right"], 3, ["@lava"]),
    "empty list": (["MODEL", "--prefer", "avoid:", "--over", "right"], 3, ["at least one"]),
    "empty set": (["MODEL", "--prefer", "avoid:a", "--over", "right"], 3, ["empty"]),
    "cannot be entered": (["MODEL", "--at", "b", "--prefer", "enter:c", "--over", "stay"], 3, ["empty"]),
    "same set twice": (["MODEL", "--prefer", "left", "--over", "take:left"], 3, ["both sides"]),
    "condition twice": (["MODEL", "--prefer", "avoid:b+avoid:c", "--over", "left"], 3, ["twice"]),
    "discount 1": (["MODEL", "--prefer", "left", "--over", "right", "--discount", "1"], 3, ["0 < discount < 1"]),
    "discount 1.5": (["MODEL", "--prefer", "left", "--over", "right", "--discount", "1.5"], 3, ["0 < discount < 1"]),
    "discount NaN": (["MODEL", "--prefer", "left", "--over", "right", "--discount", "nan"], 3, ["number"]),
    "reward names nothing": (["MODEL", "--prefer", "left", "--over", "right", "--reward", '{"z": 1}'], 3, ["'z'"]),
    "reward infinite": (
        ["MODEL", "--prefer", "left", "--over", "right", "--reward", '{"a": 1e999999}'],
        3,
        ["1e999999"],
    ),
    "reward unknown": (["MODEL", "--prefer", "left", "--over", "right", "--reward", "unifrom"], 3, ["unifrom"]),
    "permute one": (["MODEL", "--prefer", "left", "--over", "right", "--permute", "a"], 3, ["two"]),
    "no over": (["MODEL", "--prefer", "left"], 2, ["--over"]),
    "negative seed": (["MODEL", "--prefer", "left", "--over", "right", "--seed", "-1"], 2, ["--seed"]),
    "html into no folder": (
        ["MODEL", "--prefer", "left", "--over", "right", "--html", "no/such/x.html"],
        3,
        ["no/such"],
    ),
}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_bad_question_is_refused(kind, tmp_path, capsys):
    """The exit code of the contract, one message, nothing on stdout."""
    arguments, expected, words = QUESTIONS[kind]
    page = tmp_path / "page.html"
    line = ["compare", *(model(tmp_path, GOOD) if a == "MODEL" else a for a in arguments)]
    code = run(line if "--html" in line else [*line, "--html", str(page)])
    said = capsys.readouterr()
    assert code == expected, said
    assert said.out == ""
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err, said.err
    assert not page.exists()


@pytest.mark.parametrize("kind", QUESTIONS)
def test_with_json_the_error_is_one_document_on_stdout(kind, tmp_path, capsys):
    """``{"ok": false, "error", "kind", "where"}`` and nothing else."""
    arguments, expected, _ = QUESTIONS[kind]
    line = ["compare", *(model(tmp_path, GOOD) if a == "MODEL" else a for a in arguments), "--json"]
    assert run(line) == expected
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert {"error", "kind", "where"} <= set(document)


def test_an_unknown_command_is_wrong_usage(capsys):
    """Exit code 2."""
    assert run(["frobnicate"]) == 2
    assert "frobnicate" in capsys.readouterr().err


def test_a_file_that_is_no_certificate_is_rejected_not_crashed(tmp_path, capsys):
    """verify: exit code 1 for a wrong document, 3 for a missing file."""
    assert run(["verify", model(tmp_path, GOOD)]) == 1
    assert "rejected" in capsys.readouterr().out
    assert run(["verify", str(tmp_path / "missing.json")]) == 3


CANDY = ["compare", "gallery:candy", "--prefer", "Wait!", "--over", "candy"]
OPTIONS = {  # what is wrong: (arguments, what was found, what to do)
    "epsilon without a reward": ([*CANDY, "--epsilon", "0.1"], "found none", "give one"),
    "prior of a distribution": (
        [*CANDY, "--prior", '{"product": {}}', "--reward", "uniform"],
        "found uniform(0, 1)",
        "give its values",
    ),
    "prior that is a list": ([*CANDY, "--prior", "[]", "--reward", '{"candy": 1}'], "found []", "write"),
    "prior that weighs nothing": (
        [*CANDY, "--prior", '{"table": [], "others": 0}', "--reward", '{"candy": 1}'],
        "found none",
        "give one",
    ),
    "empty reward": ([*CANDY, "--reward", ""], "found ''", "write"),
    "reward that is a list": ([*CANDY, "--reward", "[]"], "found '[]'", "write"),
    "law upside down": ([*CANDY, "--reward", "uniform(1, 0)"], "'uniform(1, 0)'", "change"),
    "unknown key of a law": ([*CANDY, "--reward", '{"law": "uniform", "x": 1}'], "found 'x'", "remove"),
    "precision that is no number": ([*CANDY, "--precision", "nan"], "found nan", "try"),
    "interval upside down": ([*CANDY, "--discount", "1/2..1/3"], "'1/2..1/3'", "the smaller first"),
    "discounted without a discount": ([*CANDY, "--criterion", "discounted"], "found none", "give one"),
    "situations that are no JSON": ([*CANDY, "--situations", '["Start"'], """'["Start"'""", "mend"),
    "one permuted state": ([*CANDY, "--permute", "hug"], "found 1", "name more"),
    "empty set": ([*CANDY[:-1], ""], "found ''", "write one"),
    "empty environment": (["check", ""], "found no file ''", "name one"),
    "outcomes at all discounts": (["outcomes", "gallery:candy", "--discount", "all"], "found all", "choose one"),
    "endless copies": (
        ["convert", "gallery:candy", "out.json", "--refine", "candy=99999999999"],
        "more than 1,000,000 states",
        "fewer copies",
    ),
    "a correlation of a thousand digits": (
        ["agents", "gallery:candy", "--discount", "1/2", "--correlation", "1e999"],
        "found 10000000000000000000; choose",
        "choose one",
    ),
    "POWER at an unknown state": (
        ["power", "gallery:candy", "--discount", "1/2", "--actions", "nowhere"],
        "found 'nowhere'",
        "known are",
    ),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_bad_option_is_told_with_what_to_do(kind, capsys):
    """Exit code 3, what was found, and what to do next, before anything is printed."""
    arguments, found, advice = OPTIONS[kind]
    assert run(arguments) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: " in said.err
    assert found in said.err, said.err
    assert advice in said.err, said.err


@pytest.mark.parametrize("line", [["gallery"], [*CANDY, "--quiet"]])
def test_a_reader_that_goes_is_no_negative_answer(line):
    """``orbitwise gallery | head -1`` exits with 0 and says nothing on stderr, however the text is printed."""
    command = [sys.executable, "-m", "orbitwise", *line]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read()
        assert (process.wait(), said) == (0, b"")


def test_exact_values_that_there_are_not_are_missed_aloud(capsys):
    """``--exact`` for rewards without exact POWER says why no fraction is shown."""
    line = ["power", "gallery:candy", "--discount", "1/2", "--samples", "10", "--exact", "--reward"]
    assert run([*line, "normal"]) == 0
    assert "exact values are for independent uniform rewards" in capsys.readouterr().out
    assert run([*line, "uniform"]) == 0
    assert "exact values are for" not in capsys.readouterr().out
