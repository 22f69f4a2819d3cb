"""Lists of names as people type them: separated by commas, or a JSON array where names contain commas."""

from __future__ import annotations

import json
from collections.abc import Container

from orbitwise.errors import InvalidInput

__all__ = ["split_names"]


def split_names(text: str, known: Container[str], *, where: str) -> list[str]:
    """The names in a text; a text that is itself a known name is that one, commas or not.

    Raises
    ------
    InvalidInput
        A text that begins with ``[`` is no JSON array of names.

    Examples
    --------
    >>> split_names("a,b", {"a", "b"}, where="--at"), split_names("0,1", {"0,1"}, where="--at")
    (['a', 'b'], ['0,1'])
    >>> split_names('["0,1", "0,2"]', {"0,1", "0,2"}, where="--at")
    ['0,1', '0,2']
    """
    if text in known:
        return [text]
    if not text.lstrip().startswith("["):
        return [name for name in text.split(",") if name]
    try:
        names = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"expected a JSON array of names, found {text!r} ({error.msg}); mend it", where=where
        ) from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidInput(f"expected a JSON array of names, found {text!r}; put each into quotes", where=where)
    return names
