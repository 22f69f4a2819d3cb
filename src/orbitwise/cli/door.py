"""The way in and out of every command: lazy loading, exit codes, errors as one message or one JSON document."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

import orbitwise
from orbitwise.errors import OrbitwiseError

__all__ = ["Program", "Progress", "announce_compilation", "print_json", "run", "say"]

COMMANDS = {
    "compare": "How often is A at least as good as B, and what is proved?",
    "verify": "Check a certificate with the independent checker.",
    "power": "How well an agent does from each state, on average over rewards.",
    "agents": "POWER of a human and an AI that plan for each other.",
    "outcomes": "List what a set of policies can bring about.",
    "gallery": "List the published environments, or show one.",
    "check": "Look for problems in an environment.",
    "convert": "Write an environment in another format.",
}


class Program(click.Group):
    """A group whose commands are imported when they are called; their one-line help is known before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"orbitwise.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"orbitwise.cli.{cmd_name}.command is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(orbitwise.__version__, prog_name="orbitwise")
def program() -> None:
    """For how many permuted variants of a goal is it optimal to do A rather than B?

    Try: orbitwise compare gallery:candy --at Start --prefer 'Wait!' --over candy
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    as_json = "--json" in arguments
    try:
        code = program.main(args=list(arguments), prog_name="orbitwise", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.UsageError as error:
        return _usage(error, as_json=as_json)
    except OrbitwiseError as error:
        return _failure(error, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; nothing was written. Run the same command again with the same --seed for the same numbers.")
        return 130
    except (BrokenPipeError, SystemExit):  # click and rich exit with 1, a negative answer, when the reader has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failure(
            OrbitwiseError(f"{error.strerror}; check the path and its rights", where=str(error.filename)),
            as_json=as_json,
        )
    return code if isinstance(code, int) else 0


def say(text: str) -> None:
    """One line on standard error."""
    click.echo(text, err=True)


def announce_compilation() -> None:
    """Say that the first use takes longer, when it is the first."""
    from orbitwise.solvers.compilation import FIRST_USE, kernels_are_cached

    if not kernels_are_cached():
        say(FIRST_USE)


class Progress:
    """Progress on standard error: a line for each stage, and a bar for a long one when that is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, text: str, done: float | None) -> None:
        """Say that a stage begins (``done`` is None), or how much of it is done, from 0 to 1."""
        if done is None:
            self.close()
            say(text)
            return
        if self._bar is None:
            from tqdm import tqdm

            layout = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
            self._bar = tqdm(total=1.0, desc=text, file=sys.stderr, disable=None, leave=False, bar_format=layout)
        self._bar.update(max(0.0, done - self._bar.n))

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def print_json(document: dict[str, Any]) -> None:
    """One document on standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def _usage(error: click.UsageError, *, as_json: bool) -> int:
    if as_json:
        print_json({"ok": False, "error": error.format_message(), "kind": "Usage", "where": "command line"})
    error.show()
    return 2


def _failure(error: OrbitwiseError, *, as_json: bool) -> int:
    if as_json:
        from orbitwise.report.contract import error_document

        print_json(error_document(error))
    say(f"error: {error}")
    return 3
