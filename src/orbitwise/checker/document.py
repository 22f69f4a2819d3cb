"""Strict reading of JSON: what is not exactly of the announced shape is rejected, with its place.

Nothing here knows mathematics. Objects have exactly the named fields, each once; names are strings; a boolean is not
an integer; a float is nothing at all. Messages show at most a few characters of what was found, because whoever wrote
the document may have put a book there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

from orbitwise.errors import OrbitwiseError

__all__ = ["MAX_DIGITS", "Rejected", "column", "decode", "fields", "integer", "items", "name", "names", "show"]

MAX_DIGITS = 10_000  # of any number in a certificate, and of any number met while checking it
CHUNK = 600  # digits that Python converts whatever its limit on such conversions is set to


class Rejected(OrbitwiseError):
    """The document proves nothing; the message says why and ``where`` says at which place."""


def decode(text: str) -> Any:
    """The value that a JSON text denotes, without duplicate keys, floats, NaN or endless nesting.

    Raises
    ------
    Rejected
        The text is not such JSON.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=digits_to_int,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except json.JSONDecodeError as error:
        raise Rejected(f"this is not JSON: {error.msg}", where=f"line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise Rejected("the JSON is nested far deeper than any certificate") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Rejected(f"the key {show(_repeated([key for key, _ in pairs]))} occurs twice in one object")
    return found


def _repeated(listed: Sequence[str]) -> str:
    """The first entry that occurs again; there must be one."""
    count = Counter(listed)
    return next(each for each in listed if count[each] > 1)


def _no_float(text: str) -> NoReturn:
    raise Rejected(f'expected an integer or a string "p/q", found the floating-point number {show(text)}')


def digits_to_int(text: str) -> int:
    """The integer that a signed row of decimal digits denotes, up to MAX_DIGITS digits."""
    digits = text.removeprefix("-")
    if len(digits) > MAX_DIGITS:
        raise Rejected(f"a number has {len(digits)} digits, at most {MAX_DIGITS} are allowed")
    value = 0
    for start in range(0, len(digits), CHUNK):
        chunk = digits[start : start + CHUNK]
        value = value * 10 ** len(chunk) + int(chunk)
    return -value if digits != text else value


def fields(value: Any, expected: tuple[str, ...], where: str) -> dict[str, Any]:
    """The object itself, after checking that it has exactly the expected fields."""
    if type(value) is not dict:
        raise Rejected(f"expected an object, found {show(value)}", where=where)
    for key in expected:
        if key not in value:
            raise Rejected(f"the field {show(key)} is missing", where=where)
    for key in value:
        if key not in expected:
            raise Rejected(f"the field {show(key)} is unknown", where=where)
    return value


def items(value: Any, where: str, *, length: int | None = None) -> list[Any]:
    """The list itself, after checking that it is one, of the given length if there is one."""
    if type(value) is not list:
        raise Rejected(f"expected a list, found {show(value)}", where=where)
    if length is not None and len(value) != length:
        raise Rejected(f"expected a list of length {length}, found length {len(value)}", where=where)
    return value


def name(value: Any, where: str) -> str:
    """The name itself, after checking that it is a string."""
    if type(value) is not str:
        raise Rejected(f"expected a name, that is a string, found {show(value)}", where=where)
    return value


def names(value: Any, where: str) -> tuple[str, ...]:
    """The listed names, after checking that they are strings and that none occurs twice."""
    found = tuple(name(each, f"{where}[{i}]") for i, each in enumerate(items(value, where)))
    if len(set(found)) < len(found):
        raise Rejected(f"the name {show(_repeated(found))} is listed twice", where=where)
    return found


def integer(value: Any, where: str) -> int:
    """The integer itself, after checking that it is one."""
    if type(value) is not int:
        raise Rejected(f"expected an integer, found {show(value)}", where=where)
    return value


def column(value: Any, where: str, *, low: int | None = None, high: int | None = None) -> list[int]:
    """A list of integers between ``low`` and ``high`` (inclusive, where given)."""
    for i, each in enumerate(items(value, where)):
        if type(each) is not int:
            raise Rejected(f"expected an integer, found {show(each)}", where=f"{where}[{i}]")
        if (low is not None and each < low) or (high is not None and each > high):
            raise Rejected(f"the integer {show(each)} is out of range", where=f"{where}[{i}]")
    return list(value)


def show(value: Any) -> str:
    """A short picture of any decoded value, for messages."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case int():
            return str(value) if value.bit_length() <= 200 else f"an integer of {value.bit_length()} binary digits"
        case list():
            return f"a list of length {len(value)}"
        case dict():
            return f"an object with {len(value)} fields"
        case _:
            return f"a value of type {type(value).__name__}"
