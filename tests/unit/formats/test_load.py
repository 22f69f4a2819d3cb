"""One text names an environment: from the gallery, from Gymnasium, or a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orbitwise.environments import gallery
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats import from_gymnasium, load, parse_query, read, write
from orbitwise.formats.identity import environment_sha256


def test_gallery_specs_take_parameters():
    """gallery:NAME?parameter=value is gallery.load(NAME, parameter=value)."""
    assert load("gallery:deaths-and-lives?deaths=3&lives=7").states == gallery.load(
        "deaths-and-lives", deaths=3, lives=7
    ).states  # fmt: skip


def test_gym_specs_take_arguments():
    """gym:ID?argument=value is gymnasium.make(ID, argument=value)."""
    loaded = load("gym:FrozenLake-v1?map_name=8x8&is_slippery=false")
    made = from_gymnasium("FrozenLake-v1", map_name="8x8", is_slippery=False)
    assert environment_sha256(loaded) == environment_sha256(made)
    assert loaded.is_deterministic


def test_paths_are_read_by_their_suffix(tmp_path: Path):
    """A .json file is native, a .grid file is a map; upper case counts too."""
    (tmp_path / "a.grid").write_text("S.")
    write(load(str(tmp_path / "a.grid")), tmp_path / "b.JSON")
    assert load(str(tmp_path / "b.JSON")).states == ("0,0", "0,1")


def test_escapes_stand_for_reserved_characters():
    """An ampersand, a question mark and a space can be part of a value."""
    assert parse_query("a?b=%26%3F%20c&d=", where="") == ("a", {"b": "&? c", "d": ""})


@pytest.mark.parametrize(
    ("spec", "where", "message"),
    [
        ("candy", "candy", "found no file 'candy'; did you mean gallery:candy?"),
        ("nothing", "nothing", "expected gallery:NAME, gym:ID or a file ending in .json (native), .grid"),
        ("nothing.json", "nothing.json", "expected a file, found none; check the path"),
        ("nothing.grid", "nothing.grid", "expected a file, found none; check the path"),
        ("", "", "found no file ''"),
        ("gallery:", "gallery", "expected an environment of the gallery, found ''"),
        ("gallery:star?cycles", "gallery:star?cycles", "expected key=value, found 'cycles'"),
        ("gallery:star?cycles=2&cycles=3", "gallery:star?cycles=2&cycles=3", "found 'cycles' again"),
        ("gallery:star?name=3", "gallery:star", "expected a parameter of 'star', found 'name'"),
        ("gym:FrozenLake-v1?environment=3", "gym:FrozenLake-v1", "unexpected keyword argument 'environment'"),
        ("http://example.org/model.json", "http://example.org/model.json", "expected a file, found none"),
    ],
)
def test_specs_that_name_nothing_are_refused(spec: str, where: str, message: str):
    """The error says what was typed and what can be typed."""
    with pytest.raises(InvalidInput) as caught:
        load(spec)
    assert caught.value.where == where
    assert message in caught.value.message


def test_files_of_unknown_kind_are_refused(tmp_path: Path):
    """The known suffixes are listed, for reading and for writing."""
    path = tmp_path / "model.txt"
    path.write_text("x")
    with pytest.raises(InvalidInput, match=r"expected a file ending in .json \(native\), .grid \(gridworld map\)"):
        read(path)
    with pytest.raises(InvalidInput, match=r"expected a file ending in .json \(native\), found"):
        write(gallery.load("candy"), tmp_path / "model.grid")
    assert [p.name for p in tmp_path.iterdir()] == ["model.txt"]


@pytest.mark.parametrize("name", ["folder", "folder.json"])
def test_directories_are_refused(tmp_path: Path, name: str):
    """With or without a suffix."""
    (tmp_path / name).mkdir()
    with pytest.raises(InvalidInput, match="found a directory"):
        load(str(tmp_path / name))


@pytest.mark.parametrize("suffix", [".json", ".grid"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe{\x00", b"\xe9"])
def test_files_that_are_no_text_are_format_errors(tmp_path: Path, suffix: str, content: bytes):
    """Empty, binary, UTF-16 and Latin-1 files, whatever their suffix."""
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        load(str(path))
    assert caught.value.where.startswith(str(path))


def test_importing_the_formats_is_quick():
    """Neither numpy nor Gymnasium is loaded before a file is read."""
    code = "import orbitwise.formats, sys; print(sorted({'numpy', 'gymnasium', 'numba'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
