"""``python -m orbitwise.checker FILE`` prints the verdict and exits with 0, 1, 2 or 3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from checker_certificates import candy_copies

import orbitwise
from orbitwise.checker.__main__ import main


def test_an_accepted_certificate_exits_with_0_and_says_what_was_proved(tmp_path, capsys):
    """The first line is the verdict, the second the reason, then the steps."""
    path = tmp_path / "candy.json"
    path.write_text(json.dumps(candy_copies()))
    assert main([str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "accepted T1"
    assert "at least 2/3" in lines[1]
    assert all(line.startswith("  checked: ") for line in lines[2:])


def test_a_rejected_certificate_exits_with_1_and_says_why(tmp_path, capsys):
    """The place and both numbers."""
    path = tmp_path / "candy.json"
    path.write_text(json.dumps({**candy_copies(), "bound": "3/4"}))
    assert main([str(path)]) == 1
    assert "rejected T1\nbound: claims 3/4, the proof gives 2/3\n" in capsys.readouterr().out


def test_wrong_usage_exits_with_2_and_an_unreadable_file_with_3(tmp_path, capsys):
    """No file, two files, an absent file, a folder."""
    for arguments in ([], ["a", "b"], ["--no-such-flag", "a"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    for path in (tmp_path / "absent.json", tmp_path):
        assert main([str(path)]) == 3
        assert "cannot be read" in capsys.readouterr().err


def test_it_runs_as_a_module_without_the_scientific_packages(tmp_path):
    """A fresh interpreter, an ASCII terminal, a name that is not ASCII; numpy and its like are never imported."""
    path = tmp_path / "candy.json"
    path.write_text(json.dumps({**candy_copies(), "bound": "объятие"}))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "orbitwise.checker", str(path)]
    run = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert run.returncode == 1
    assert b"\\u043e\\u0431" in run.stdout
    assert not run.stderr
    code = "import sys, orbitwise.checker; print(sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, check=False, env=without_site())
    assert loaded.returncode == 0, loaded.stderr
    assert not {b"numpy", b"scipy", b"numba", b"flint", b"msgspec"} & set(loaded.stdout.replace(b"'", b" ").split())


def without_site():
    """The environment of an interpreter that sees the standard library and the package, nothing installed."""
    return {**os.environ, "PYTHONPATH": str(Path(orbitwise.__file__).parents[1])}
