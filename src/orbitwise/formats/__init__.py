"""One file per file format, and the two doors to all of them: a path, or the text that a user types for an environment.

>>> load("gallery:candy")
<MDP 'candy': 5 states, 7 choices>
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from orbitwise.environments import gallery
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput

__all__ = ["load", "read", "write"]

READERS: dict[str, str] = {".json": "the native format"}


def load(spec: str) -> MDP:
    """The environment that a user names in one text.

    Parameters
    ----------
    spec
        ``gallery:NAME``, ``gallery:NAME?parameter=3&...``, ``gym:ID?argument=value&...``, or the path of a file.

    Raises
    ------
    InvalidInput
        There is no such environment or file, or it breaks a rule.
    NotSupported
        The environment cannot be read here; the message names what can.

    Examples
    --------
    >>> load("gallery:candy").name
    'candy'
    """
    scheme, colon, rest = spec.partition(":")
    if scheme == "gallery" and colon:
        name, parameters = parse_query(rest, where=spec)
        return gallery.load(name, **parameters)
    return read(spec)


def parse_query(text: str, *, where: str) -> tuple[str, dict[str, str]]:
    """The name and the arguments of ``name?key=value&key=value``; percent escapes stand for reserved characters.

    Examples
    --------
    >>> parse_query("deaths-and-lives?deaths=2&lives=51", where="")
    ('deaths-and-lives', {'deaths': '2', 'lives': '51'})
    """
    name, _, query = text.partition("?")
    arguments: dict[str, str] = {}
    for part in query.split("&") if query else ():
        key, equals, value = part.partition("=")
        if not key or not equals:
            raise InvalidInput(f"expected key=value, found {part!r}; write NAME?key=value&key=value", where=where)
        if unquote(key) in arguments:
            raise InvalidInput(f"expected each argument once, found {key!r} again; remove one", where=where)
        arguments[unquote(key)] = unquote(value)
    return unquote(name), arguments


def read(path: str | os.PathLike[str], *, normalize: bool = False) -> MDP:
    """The environment in a file, its format chosen by the suffix.

    Parameters
    ----------
    path
        A ``.json`` file (native).
    normalize
        Divide rows of probabilities by their sums instead of refusing sums other than 1.

    Raises
    ------
    InvalidInput
        There is no such file, its suffix is unknown, or the model breaks a rule; the message names the place.
    """
    from orbitwise.formats import native

    suffix = known_suffix(path)
    readers: dict[str, Callable[..., MDP]] = {".json": native.read_native}
    return readers[suffix](path, normalize=normalize)


def write(mdp: MDP, path: str | os.PathLike[str]) -> None:
    """Write an environment, the format chosen by the suffix; reading it gives the same environment.

    Raises
    ------
    InvalidInput
        The suffix is unknown or the file cannot be written.
    """
    from orbitwise.formats import native

    known_suffix(path)
    native.write_native(mdp, path)


def known_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a path if there is a format for it."""
    suffix = Path(path).suffix.lower()
    if suffix not in READERS:
        known = ", ".join(f"{key} ({what})" for key, what in READERS.items())
        raise InvalidInput(
            f"expected gallery:NAME, gym:ID or a file ending in {known}, found {os.fspath(path)!r}; name one of these",
            where=os.fspath(path),
        )
    return suffix
