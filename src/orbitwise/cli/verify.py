"""``orbitwise verify``: the independent checker's verdict on a certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from orbitwise.cli.door import print_json

__all__ = ["command"]

LONGEST = 200  # columns


@click.command("verify")
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(certificate: Path, *, as_json: bool) -> int:
    """Check a certificate; exit code 0 accepted, 1 rejected."""
    import hashlib

    import orbitwise
    from orbitwise.checker import check_text
    from orbitwise.formats.files import read_text

    text = read_text(certificate)
    verdict = check_text(text)
    if as_json:
        print_json(
            {
                "ok": True,
                "accepted": verdict.accepted,
                "reason": verdict.reason,
                "bound": None if verdict.bound is None else str(verdict.bound),
                "theorem": verdict.theorem,
                "steps": list(verdict.steps),
                "schema_version": 1,
                "version": orbitwise.__version__,
                "input_sha256": hashlib.sha256(text.encode()).hexdigest(),
            }
        )
    else:
        said = verdict.reason.removeprefix("proved: ")
        click.echo(f"{'accepted' if verdict.accepted else 'rejected'}: {said}")
        for line in _sides(text) if verdict.accepted else ():
            click.echo(f"  {line}")
        for step in verdict.steps:
            click.echo(f"  {step}")
    return 0 if verdict.accepted else 1


def _sides(text: str) -> list[str]:
    """What A and B are in an accepted certificate, and where they are asked about."""
    from orbitwise.report.lettering import label

    question = json.loads(text)["question"]
    if question is None:
        return []
    sides = [f"{side}: {label(_set_words(question[key]), LONGEST)}" for side, key in (("A", "prefer"), ("B", "over"))]
    return [*sides, f"asked at {label(question['at'], LONGEST)}"]


def _set_words(policies: dict[str, Any]) -> str:
    """``take left, avoid hole``."""
    listed = [("avoid", policies["avoid"]), *(("enter", members) for members in policies["enter"])]
    listed.append(("end in", policies["end"] or []))
    words = [f"{kind} {policies[kind]}" for kind in ("take", "always") if policies[kind] is not None]
    return ", ".join([*words, *(f"{kind} {' or '.join(states)}" for kind, states in listed if states)]) or "anything"
