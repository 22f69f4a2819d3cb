"""Text files at the door: read with every mishap named, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from orbitwise.errors import FormatError, InvalidInput

__all__ = ["read_text", "write_text"]


def read_text(path: str | os.PathLike[str]) -> str:
    """The content of a UTF-8 text file (a byte order mark is skipped, line ends are kept).

    Raises
    ------
    InvalidInput
        There is no such file, it is a directory, or it may not be read.
    FormatError
        The file is empty, binary, or not UTF-8.
    """
    place = str(path)
    if not place:
        raise InvalidInput("expected the path of a file, found an empty text; name one")
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InvalidInput("expected a file, found none; check the path", where=place) from None
    except IsADirectoryError:
        raise InvalidInput("expected a file, found a directory; name a file in it", where=place) from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"expected a readable file, found: {error}; check the path", where=place) from None
    return decode(data, where=place)


def decode(data: bytes, *, where: str) -> str:
    """The text that UTF-8 bytes stand for."""
    if not data.strip():
        raise FormatError("expected text, found an empty file; check the path, or write it again", where=where)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError("expected UTF-8 text, found UTF-16; save the file as UTF-8", where=where)
    if b"\x00" in data:
        raise FormatError(
            f"expected text, found a binary file (a zero byte at {data.index(0)}); name a text file", where=where
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"expected UTF-8 text, found byte 0x{data[error.start]:02x}; save the file as UTF-8",
            where=f"{where}:{line}",
        ) from None


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file as UTF-8, whole or not at all: a file beside it is written, then takes its place.

    Raises
    ------
    InvalidInput
        The folder does not exist, the path is a directory, or it may not be written.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.is_dir():
            raise InvalidInput("expected a file to write, found a directory; name a file in it", where=str(path))
        with part.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        raise InvalidInput(
            f"expected a writable file, found: {error.strerror}; check the path", where=str(path)
        ) from None
    finally:
        part.unlink(missing_ok=True)
