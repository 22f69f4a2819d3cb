"""``orbitwise convert`` with --refine and --reduce."""

from __future__ import annotations

import json

import orbitwise as ow
from orbitwise.cli.door import run


def test_refine_splits_and_reduce_reports_what_goes(tmp_path, capsys):
    """What was done is said on standard error, the size of what was written on standard output."""
    path = tmp_path / "split.json"
    assert run(["convert", "gallery:candy", str(path), "--refine", "candy=2"]) == 0
    assert ow.formats.read(path).n_states == 7
    assert "5 states became 7" in capsys.readouterr().err
    small = tmp_path / "small.json"
    assert run(["convert", "gallery:chain-fork", str(small), "--reduce", "average"]) == 0
    shown = capsys.readouterr()
    assert "passed through: 5 states" in shown.err
    assert "5 states" in shown.out
    assert run(["convert", "gallery:candy", str(small), "--reduce", "average"]) == 0
    assert "nothing" in capsys.readouterr().err


def test_misspelled_splits_are_usage_errors(tmp_path, capsys):
    """Nothing is written."""
    path = tmp_path / "x.json"
    for words in (["--refine", "candy=x"], ["--refine", "=2"], ["--refine", ""], ["--keep", "candy"]):
        assert run(["convert", "gallery:candy", str(path), *words]) == 2
    assert not path.exists()
    capsys.readouterr()


def test_refine_takes_names_with_commas(tmp_path):
    """As everywhere, a JSON array stands for a list whose names contain commas."""
    board, path = tmp_path / "board.grid", tmp_path / "board.json"
    board.write_text("..\n", encoding="utf-8")
    assert run(["convert", str(board), str(path), "--refine", '["0,0=2","0,1=3"]']) == 0
    states = json.loads(path.read_text(encoding="utf-8"))["transitions"]
    assert sorted(name for name in states if "#" in name) == ["0,0#1", "0,0#2", "0,1#1", "0,1#2", "0,1#3"]
    assert run(["convert", str(board), str(path), "--refine", '["0,0=2"']) == 3
