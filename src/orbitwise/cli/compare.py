"""``orbitwise compare``: the main job."""

from __future__ import annotations

import json
from pathlib import Path

import click

from orbitwise.cli.door import Progress, print_json, say
from orbitwise.errors import InvalidInput

__all__ = ["command"]

SETS = "take:ACTION (or ACTION), always:ACTION, avoid:S1,S2, enter:S1,S2, end:S1,S2; @label for labeled states; + joins"


@click.command("compare")
@click.argument("environment", metavar="ENV")
@click.option("--at", metavar="STATE", help="Where the question is asked (default: the start state).")
@click.option(
    "--situations", metavar="STATES", help="Asked in all of S1,S2 or @label at once, in place of --at; or all."
)
@click.option("--prefer", required=True, metavar="SET", help=f"The policy set A: {SETS}.")
@click.option("--over", required=True, metavar="SET", help="The policy set B.")
@click.option(
    "--criterion", type=click.Choice(["average", "discounted", "blackwell"]), help="Default: average, or discounted."
)
@click.option(
    "--discount",
    metavar="G",
    help="0 < G < 1, as 9/10; or all, or 1/2..9/10, for bounds and shares at every discount; means discounted.",
)
@click.option("--permute", metavar="STATES", help="all (default), or S1,S2 or @label: whose rewards are permuted.")
@click.option("--reward", metavar="REWARD", help="A JSON file, inline JSON such as '{\"s\": 1}', or uniform.")
@click.option("--prior", metavar="PRIOR", help="A JSON file or inline JSON: weights on the permutations of the reward.")
@click.option("--epsilon", metavar="E1,E2,...", help="Also: on what share is A, or B, better by more than E1, E2, ...?")
@click.option(
    "--precision",
    type=click.FloatRange(1e-6, 1, max_open=True),
    default=0.01,
    show_default=True,
    help="Interval width of an estimate.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--workers", metavar="N", help="Threads, or threads:N, processes:N, serial; no number depends on it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a self-contained HTML report.")
@click.option(
    "--certificate", type=click.Path(path_type=Path, dir_okay=False), help="Write the best certificate as JSON."
)
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def command(
    environment: str,
    at: str | None,
    situations: str | None,
    prefer: str,
    over: str,
    criterion: str | None,
    discount: str | None,
    permute: str | None,
    reward: str | None,
    prior: str | None,
    epsilon: str | None,
    precision: float,
    seed: int,
    workers: str | None,
    *,
    as_json: bool,
    html: Path | None,
    certificate: Path | None,
    quiet: bool,
) -> int:
    """How often is A at least as good as B, and what is proved for every reward?

    ENV is gallery:NAME, gym:ID?argument=value, or a file.
    """
    from orbitwise.compute.executors import parse_executor
    from orbitwise.evidence.compare import compare
    from orbitwise.formats import load
    from orbitwise.formats.files import write_text
    from orbitwise.outcomes.question import ask

    for path in (html, certificate):
        if path is not None and not path.parent.is_dir():
            raise InvalidInput("expected a folder to write into, found none; make it first", where=str(path.parent))
    progress = None if quiet or as_json else Progress()
    executor = None if workers is None else parse_executor(workers, where="--workers")
    question = ask(
        load(environment),
        at=at,
        situations=situations,
        prefer=prefer,
        over=over,
        criterion=criterion,
        discount=discount,
        permute=permute,
    )
    answer = compare(
        question,
        reward=reward,
        prior=prior,
        precision=precision,
        seed=seed,
        epsilon=epsilon,
        executor=executor,
        progress=progress,
    )
    if certificate is not None:
        best = answer.best or answer.nearly
        if best is None:
            say("no certificate was found, so none was written")
        else:
            write_text(certificate, json.dumps(best.document, ensure_ascii=False, indent=1) + "\n")
    if html is not None:
        answer.to_html(html)
    if as_json:
        print_json(answer.to_json())
    else:
        from rich.console import Console

        from orbitwise.report.text import print_answer

        print_answer(answer, Console())
    return 0
