"""``orbitwise verify``: the independent checker's verdict on a certificate."""

from __future__ import annotations

from pathlib import Path

import click

from orbitwise.cli.door import print_json

__all__ = ["command"]


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
        click.echo(f"{'accepted' if verdict.accepted else 'rejected'}: {verdict.reason}")
        for step in verdict.steps:
            click.echo(f"  {step}")
    return 0 if verdict.accepted else 1
