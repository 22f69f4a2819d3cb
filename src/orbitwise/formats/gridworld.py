"""Gridworld files: a few lines of rules and a legend, a line of dashes, and the map.

::

    name = two rooms
    slip = 1/10
    H = hole absorbing
    G = goal absorbing
    ---
    #########
    #S..#..G#
    #...H...#
    #.......#
    #########

Without a line of dashes the whole file is the map. The rules are name, description, source, stay (true or false),
moves (4 or 8), slip (a probability), bump (stay or missing), noise (a probability) and toward (anywhere or a direction;
what they mean: :func:`orbitwise.environments.gridworld.gridworld`); ``X = label ...`` says what the character X means.
Lines above the dashes that begin with ``#`` are remarks (unless they give ``#`` a meaning: ``# = ...``).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP, suggest
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats.files import read_text

__all__ = ["gridworld", "parse_gridworld", "read_gridworld"]

RULES = ("name", "description", "source", "stay", "moves", "slip", "bump", "noise", "toward")
DASHES = re.compile(r"-{3,}\s*")
MAP_PLACE = re.compile(r"map row (\d+), column (\d+)")


def read_gridworld(path: str | os.PathLike[str]) -> MDP:
    """The environment in a gridworld file.

    **Guarantee:** exact.
    **Cost:** linear, see :func:`orbitwise.environments.gridworld.gridworld`.

    Raises
    ------
    FormatError
        A line above the dashes is neither a rule nor a meaning; ``where`` is ``file:line``.
    InvalidInput
        There is no such file, or the map breaks a rule.
    """
    return parse_gridworld(read_text(path), where=str(path), default_name=Path(path).stem)


def parse_gridworld(text: str, *, where: str = "text", default_name: str = "gridworld") -> MDP:
    r"""The environment in a gridworld text; see :func:`read_gridworld`.

    Examples
    --------
    >>> parse_gridworld("H = hole absorbing\n---\nS.H").labels
    {'start': (0,), 'hole': (2,)}
    """
    lines = text.split("\n")
    border = next((i for i, line in enumerate(lines) if DASHES.fullmatch(line)), None)
    head = lines[:border] if border is not None else []
    first = 0 if border is None else border + 1
    rules, legend, places = parse_head(head, where)
    try:
        return gridworld(lines[first:], legend=legend, **({"name": default_name} | rules))
    except InvalidInput as error:
        raise type(error)(error.message, where=place_of(error.where, where, places, first)) from None


def parse_head(head: list[str], where: str) -> tuple[dict[str, Any], dict[str, str], dict[str, int]]:
    """Rules, meanings of characters, and the line of each."""
    rules: dict[str, Any] = {}
    legend: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(head, 1):
        stripped = line.strip()
        rest, equals, value = (part.strip() for part in stripped[1:].partition("="))  # the character may be = itself
        key = stripped[:1] + rest
        if not stripped or (stripped.startswith("#") and key != "#"):
            continue
        place = f"{where}:{number}"
        if not equals or not value:
            raise FormatError(f"expected 'rule = value' or 'X = label', found {stripped!r}; mend it", where=place)
        if key in places:
            raise FormatError(f"expected {key!r} once, found it again (first in line {places[key]})", where=place)
        places[key] = number
        if len(key) == 1:
            legend[key] = value
        elif key in RULES:
            rules[key] = parse_rule(key, value, place)
        else:
            raise FormatError(
                f"expected one of {', '.join(RULES)} or a single character, found {key!r}; {suggest(key, RULES)}",
                where=place,
            )
    return rules, legend, places


def parse_rule(key: str, value: str, place: str) -> object:
    """The value of a rule in its type; ranges are checked by :func:`gridworld`."""
    if key == "stay":
        if value not in ("true", "false"):
            raise FormatError(f"expected true or false, found {value!r}; write one of these", where=f"{place}: stay")
        return value == "true"
    if key == "moves":
        return int(value) if value in ("4", "8") else value
    return value


def place_of(place: str, where: str, places: dict[str, int], first: int) -> str:
    """A place in the file for a place that :func:`gridworld` names."""
    if match := MAP_PLACE.fullmatch(place):
        return f"{where}:{first + 1 + int(match[1])}: {place}"
    key = place.removeprefix("legend['").removesuffix("']")
    return f"{where}:{places[key]}: {place}" if key in places else f"{where}: {place}"
