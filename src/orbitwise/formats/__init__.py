"""One file per file format, and the two doors to all of them: a path, or the text that a user types for an environment.

>>> load("gallery:candy")
<MDP 'candy': 5 states, 7 choices>
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from orbitwise.errors import InvalidInput

if TYPE_CHECKING:  # importing this package is quick: numpy and the formats come when they are used
    from orbitwise.environments.mdp import MDP

__all__ = ["from_gymnasium", "load", "read", "write"]

READ_SUFFIXES = {".json": "native", ".grid": "gridworld map", ".gv": "POWERplay graph"}
WRITE_SUFFIXES = {".json": "native"}


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
        from orbitwise.environments import gallery

        name, parameters = parse_query(rest, where=spec)
        return gallery.load(name, **parameters)
    if scheme == "gym" and colon:
        from orbitwise.formats import gymnasium

        name, parameters = parse_query(rest, where=spec)
        return gymnasium.from_gymnasium(name, **{k: gymnasium.parse_argument(v) for k, v in parameters.items()})
    return read(spec)


def from_gymnasium(environment: Any, /, **arguments: object) -> MDP:
    """The environment behind a Gymnasium environment with a transition table ``env.unwrapped.P``.

    See :func:`orbitwise.formats.gymnasium.from_gymnasium`.
    """
    from orbitwise.formats import gymnasium

    return gymnasium.from_gymnasium(environment, **arguments)


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

    **Guarantee:** exact; probabilities are the fractions or decimal digits in the file.
    **Cost:** linear.

    Parameters
    ----------
    path
        A ``.json`` file (native), a ``.grid`` file (gridworld map) or a ``.gv`` file (POWERplay graph).
    normalize
        Divide rows of probabilities by their sums instead of refusing sums other than 1 (not for maps).

    Raises
    ------
    InvalidInput
        There is no such file, its suffix is unknown, or the model breaks a rule; the message names the place.
    """
    suffix = check_suffix(path, READ_SUFFIXES)
    if suffix == ".grid":
        from orbitwise.formats.gridworld import read_gridworld

        return read_gridworld(path)
    if suffix == ".gv":
        from orbitwise.formats.powerplay import read_powerplay

        return read_powerplay(path, normalize=normalize)
    from orbitwise.formats.native import read_native

    return read_native(path, normalize=normalize)


def write(mdp: MDP, path: str | os.PathLike[str]) -> None:
    """Write an environment whole or not at all, in the format of the suffix; reading gives the same environment.

    Raises
    ------
    InvalidInput
        The suffix is unknown or the file cannot be written.
    """
    from orbitwise.formats.native import write_native

    check_suffix(path, WRITE_SUFFIXES)
    write_native(mdp, path)


def check_suffix(path: str | os.PathLike[str], known: dict[str, str]) -> str:
    """The suffix of a path if there is a format for it; a missing file is reported as such."""
    suffix = Path(path).suffix.lower()
    if suffix in known:
        return suffix
    listed = ", ".join(f"{key} ({what})" for key, what in known.items())
    place = os.fspath(path)
    if place and Path(path).is_dir():
        raise InvalidInput("expected a file, found a directory; name a file in it", where=str(place))
    if known is READ_SUFFIXES and not (place and Path(path).exists()):
        from orbitwise.environments import gallery

        hint = f"did you mean gallery:{place}?" if place in gallery.names() else "name one of these"
        raise InvalidInput(
            f"expected gallery:NAME, gym:ID or a file ending in {listed}, found no file {place!r}; {hint}",
            where=str(place),
        )
    raise InvalidInput(f"expected a file ending in {listed}, found {place!r}; rename it", where=str(place))
