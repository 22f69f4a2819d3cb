"""The error tree: every error the package raises on purpose, under one base class.

Every message has three parts: what was expected, what was found and where, what to do next.
"""

from __future__ import annotations

__all__ = [
    "BackendFailed",
    "FormatError",
    "InvalidInput",
    "NotSupported",
    "OrbitwiseError",
    "SolverFailed",
]


class OrbitwiseError(Exception):
    """Base class of all errors raised by orbitwise.

    Parameters
    ----------
    message
        What was expected, what was found, what to do next.
    where
        The place of the offending value, for example ``transition['lake', 'left']`` or ``model.json:12``.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class InvalidInput(OrbitwiseError, ValueError):
    """A value that the user gave breaks the documented contract."""


class FormatError(InvalidInput):
    """A file cannot be read as the format it claims to be; ``where`` is ``file:line`` where known."""


class NotSupported(OrbitwiseError):
    """The request is meaningful but not implemented or not affordable here; the message names what is."""


class SolverFailed(OrbitwiseError):
    """A numerical solver stopped without the accuracy that was asked for; the message has its status."""


class BackendFailed(OrbitwiseError):
    """The workers that should run a computation died or could not be used; the message says how often."""
