"""JSON without surprises: duplicate keys, NaN and endless numbers are refused, decimals are exact fractions.

The standard parser does the work; when it (or a later check) complains, the text is walked once more, token by token,
to say in which line. A decimal means its digits: ``0.25`` is 1/4, and ``0.333333 + 0.666667`` is exactly 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NoReturn

from orbitwise.errors import FormatError

__all__ = ["line_of", "parse_json"]

LONGEST_NUMBER = 1000
LARGEST_EXPONENT = 1000

Path = tuple[str | int, ...]

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def parse_json(text: str, *, where: str) -> Any:
    """The value of a JSON text; numbers are ``int`` or exact ``Fraction``.

    **Cost:** linear; about 0.1 s a megabyte.

    Parameters
    ----------
    text
        The whole document.
    where
        The file's name, for errors.

    Raises
    ------
    FormatError
        The text is not JSON, an object has a key twice, or a number is NaN, infinite or absurdly long; ``where`` is
        ``file:line``.

    Examples
    --------
    >>> parse_json('{"a": 0.25}', where="model.json")
    {'a': Fraction(1, 4)}
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=object_of_pairs,
        parse_float=parse_decimal,
        parse_int=parse_whole,
        parse_constant=refuse_constant,
    )
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise FormatError(
            f"expected JSON, found a mistake at column {error.colno}: {error.msg}; mend it there",
            where=f"{where}:{error.lineno}",
        ) from None
    except DuplicateKeyError:
        raise duplicate_key(text, where) from None
    except RefusedNumberError as error:
        line = next((line for token, line in iter_tokens(text) if token == error.args[0]), 0)
        raise FormatError(
            f"expected a finite number of at most {LONGEST_NUMBER} digits, found {error.args[0][:40]}; "
            'write a number or a fraction such as "1/3"',
            where=f"{where}:{line}",
        ) from None
    except RecursionError:
        raise FormatError("expected a model, found JSON nested too deeply; flatten it", where=where) from None


class DuplicateKeyError(Exception):
    """An object has a key twice."""


class RefusedNumberError(Exception):
    """A number that is no finite number of reasonable length; its text is the argument."""


def object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise DuplicateKeyError
    return value


def parse_decimal(text: str) -> Fraction:
    exponent = text.lower().partition("e")[2]
    if len(text) > LONGEST_NUMBER or (exponent and abs(int(exponent)) > LARGEST_EXPONENT):
        raise RefusedNumberError(text)
    return Fraction(text)


def parse_whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise RefusedNumberError(text)
    return int(text)


def refuse_constant(text: str) -> NoReturn:
    raise RefusedNumberError(text)


def duplicate_key(text: str, where: str) -> FormatError:
    """The error for the first key that occurs twice in its object."""
    lines: dict[Path, int] = {}
    for path, line in iter_keys(text):
        if path in lines:
            return FormatError(
                f"expected each key once, found {show_path(path)} again (first in line {lines[path]}); "
                "rename or remove one",
                where=f"{where}:{line}",
            )
        lines[path] = line
    return FormatError("expected each key once, found one again; rename or remove one", where=where)


def show_path(path: Path) -> str:
    """A path as people write it: ``transitions['a']['b']``."""
    first, *rest = path
    return str(first) + "".join(f"[{key!r}]" for key in rest) if len(path) > 1 else repr(first)


def line_of(text: str, path: Path) -> int | None:
    r"""The line of the key at the end of a path of keys and list positions; None if there is none.

    Examples
    --------
    >>> line_of('{"a":\n {"b": 1}}', ("a", "b"))
    2
    """
    return next((line for found, line in iter_keys(text) if found == path), None)


def iter_keys(text: str) -> Iterator[tuple[Path, int]]:
    """Every key of every object as its path from the root, with its line; stops where the text is no JSON."""
    stack: list[str | int | None] = []  # the key (None: not yet read) or the position of each open object or list
    previous = ""
    for piece, line in iter_tokens(text):
        if piece in "{[":
            stack.append(None if piece == "{" else 0)
        elif piece in "}]":
            if not stack:
                return
            stack.pop()
        elif piece == "," and stack:
            top = stack[-1]
            stack[-1] = top + 1 if isinstance(top, int) else None
        elif piece[0] == '"' and stack and not isinstance(stack[-1], int) and previous != ":":
            try:
                stack[-1] = str(json.loads(piece))
            except json.JSONDecodeError:
                return
            yield tuple(key for key in stack if key is not None), line
        previous = piece


def iter_tokens(text: str) -> Iterator[tuple[str, int]]:
    """Every token of a JSON text with its line."""
    line, seen = 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        yield match.group(), line
