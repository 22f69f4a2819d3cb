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

STRING = r'"(?:[^"\\]|\\.)*"'
ATOM = re.compile(rf'{STRING}|[^\s{{}}\[\],:"]+', re.DOTALL)
# a key (with its value where that is a text), an opening or closing bracket, a comma, any other text
PIECE = re.compile(rf"({STRING})\s*:\s*(?:{STRING}\s*,?)?|([{{\[])|([}}\]])|(,)|{STRING}", re.DOTALL)


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
        offset = next((match.start() for match in ATOM.finditer(text) if match.group() == error.args[0]), 0)
        raise FormatError(
            f"expected a finite number of at most {LONGEST_NUMBER} digits, found {error.args[0][:40]}; "
            'write a number or a fraction such as "1/3"',
            where=f"{where}:{line_at(text, offset)}",
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
    for path, seen, offset in iter_keys(text):
        key = path[-1]
        if key in seen:
            return FormatError(
                f"expected each key once, found {show_path(tuple(path))} again "
                f"(first in line {line_at(text, seen[key])}); rename or remove one",
                where=f"{where}:{line_at(text, offset)}",
            )
        seen[key] = offset
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
    wanted = list(path)
    offset = next((offset for found, _, offset in iter_keys(text) if found == wanted), None)
    return None if offset is None else line_at(text, offset)


def line_at(text: str, offset: int) -> int:
    """The line of a position."""
    return text.count("\n", 0, offset) + 1


def iter_keys(text: str) -> Iterator[tuple[list[str | int], dict[str | int, int], int]]:
    """Every key of every object: its path from the root, notes on the object's keys, and its position.

    The path is a list that changes as the walk goes on; the notes are an empty dictionary per object, for the caller to
    fill. The walk stops where the text is no JSON.
    """
    path: list[str | int] = []  # the key or the position in each open object or list
    notes: list[dict[str | int, int]] = []
    is_list: list[bool] = []
    for match in PIECE.finditer(text):
        kind = match.lastindex
        if kind == 1 and path and not is_list[-1]:
            key = match.group(1)
            try:
                path[-1] = json.loads(key) if "\\" in key else key[1:-1]
            except json.JSONDecodeError:
                return
            yield path, notes[-1], match.start()
        elif kind == 2:
            is_list.append(match.group(2) == "[")
            path.append(0)
            notes.append({})
        elif kind == 3:
            if not path:
                return
            path.pop()
            notes.pop()
            is_list.pop()
        elif kind == 4 and path and is_list[-1]:
            path[-1] = int(path[-1]) + 1
