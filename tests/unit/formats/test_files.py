"""Text files are read with every mishap named, and written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats.files import read_text, write_text


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", FormatError, "found an empty file"),
        (b" \n\t", FormatError, "found an empty file"),
        (b"\x7fELF\x00\x01", FormatError, "found a binary file (a zero byte at 4)"),
        ("{}".encode("utf-16"), FormatError, "found UTF-16"),
        (b'{"caf\xe9": 1}', FormatError, "found byte 0xe9; save the file as UTF-8"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, content: bytes, kind: type, message: str):
    """Empty, binary and wrongly encoded files are told apart."""
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(kind) as caught:
        read_text(path)
    assert message in caught.value.message
    assert caught.value.where.startswith(str(path))


def test_a_wrong_byte_is_named_with_its_line(tmp_path: Path):
    """The line of the first byte that is not UTF-8."""
    path = tmp_path / "model.json"
    path.write_bytes(b"{\n\n\xff}")
    with pytest.raises(FormatError) as caught:
        read_text(path)
    assert caught.value.where == f"{path}:3"


def test_missing_files_and_folders_are_named(tmp_path: Path):
    """No file, a folder, a name no file can have."""
    for path, message in (
        (tmp_path / "none.json", "found none"),
        (tmp_path, "found a directory"),
        ("a\x00b.json", "expected a readable file"),
        (tmp_path / ("x" * 300), "expected a readable file"),
    ):
        with pytest.raises(InvalidInput) as caught:
            read_text(path)
        assert message in caught.value.message
        assert caught.value.where == str(path)


def test_a_byte_order_mark_is_skipped(tmp_path: Path):
    """Some editors write one."""
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(path) == "{}"


def test_writing_replaces_the_file_at_once(tmp_path: Path):
    """The new content is there, nothing else is left beside it, and permissions follow the umask."""
    path = tmp_path / "a.json"
    write_text(path, "old")
    write_text(path, "näw\n")
    assert path.read_bytes() == "näw\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path):
    """A text that cannot be encoded breaks in the middle of writing."""
    path = tmp_path / "a.json"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_unwritable_places_are_named(tmp_path: Path):
    """A folder that does not exist, and a folder in place of the file."""
    for path in (tmp_path / "none" / "a.json", tmp_path):
        with pytest.raises(InvalidInput, match="expected a") as caught:
            write_text(path, "x")
        assert caught.value.where == str(path)
    assert list(tmp_path.iterdir()) == []
