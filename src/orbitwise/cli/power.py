"""``orbitwise power``: the average optimal value of each state over rewards."""

from __future__ import annotations

import json
from collections.abc import Container
from typing import TYPE_CHECKING, Any

import click

from orbitwise.cli.door import print_json

if TYPE_CHECKING:
    from orbitwise.environments.mdp import MDP
    from orbitwise.power.optimality import Optimality
    from orbitwise.power.seeking import PowerSeeking

__all__ = ["command"]


@click.command("power")
@click.argument("environment", metavar="ENV")
@click.option("--discount", metavar="G", help="0 < G < 1, for example 9/10.")
@click.option("--limit", type=click.Choice(["0", "1"]), help="The limit as the discount goes to 0 or 1 instead.")
@click.option("--at", metavar="STATES", help="S or S1,S2 (default: all states).")
@click.option("--reward", metavar="REWARD", default="uniform", show_default=True, help="The distribution of rewards.")
@click.option("--samples", type=click.IntRange(2), default=10_000, show_default=True, help="Rewards to draw.")
@click.option(
    "--points",
    type=click.Choice(["independent", "sobol"]),
    default="independent",
    show_default=True,
    help="Independent rewards, or 16 scrambled Sobol sequences (narrower, approximate intervals).",
)
@click.option("--level", type=float, default=0.95, show_default=True, help="Coverage of each interval.")
@click.option("--quantiles", metavar="Q1,Q2", help="Quantiles of the normalized optimal value, such as 0.05,0.5,0.95.")
@click.option("--exact", is_flag=True, help="Exact fractions too, where rewards are uniform and the environment small.")
@click.option(
    "--actions", metavar="STATE", help="Also: which actions of this state seek POWER, and are optimal how often."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--workers", metavar="N", help="Threads, or threads:N, processes:N, serial; no number depends on it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    environment: str,
    discount: str | None,
    limit: str | None,
    at: str | None,
    reward: str,
    samples: int,
    points: str,
    level: float,
    quantiles: str | None,
    actions: str | None,
    seed: int,
    workers: str | None,
    *,
    exact: bool,
    as_json: bool,
) -> int:
    """POWER of each state: how well an agent does from there on average over rewards.

    ENV is gallery:NAME, gym:ID?argument=value, or a file.
    """
    from orbitwise.compute.executors import parse_executor
    from orbitwise.formats import load
    from orbitwise.power.estimates import estimate_power, estimate_power_limit
    from orbitwise.power.exact import list_exact_powers
    from orbitwise.report.power import power_document, power_lines
    from orbitwise.report.power_actions import actions_document, actions_lines

    if (discount is None) == (limit is None):
        raise click.UsageError("expected one of --discount G and --limit 0|1; give 0 < G < 1, or the limit.")
    mdp = load(environment)
    sampling: dict[str, Any] = {
        "reward": reward,
        "samples": samples,
        "level": level,
        "seed": seed,
        "executor": None if workers is None else parse_executor(workers, where="--workers"),
    }
    settings: dict[str, Any] = {
        **sampling,
        "at": _split(at, mdp.index),
        "points": points,
        "quantiles": [] if quantiles is None else _numbers(quantiles),
    }
    if limit is None:
        found = estimate_power(mdp, discount=discount, **settings)
    else:
        found = estimate_power_limit(mdp, limit=int(limit), **settings)
    fractions = list_exact_powers(found) if exact else None
    pair = None if actions is None else _actions(mdp, actions, discount, limit, sampling)
    if as_json:
        added = {} if pair is None else {"actions": actions_document(*pair)}
        print_json({**power_document(found, fractions), **added})
    else:
        for line in [*power_lines(found, fractions), *([] if pair is None else actions_lines(*pair))]:
            click.echo(line)
    return 0


def _actions(
    mdp: MDP, at: str, discount: str | None, limit: str | None, sampling: dict[str, Any]
) -> tuple[PowerSeeking, Optimality | None]:
    """POWER-seeking, and optimality at the discount or under average reward; the limit at 0 has no criterion."""
    from orbitwise.power.optimality import estimate_optimality
    from orbitwise.power.seeking import compare_power_seeking

    seeking = compare_power_seeking(
        mdp, at=at, discount=discount, limit=None if limit is None else int(limit), **sampling
    )
    if limit == "0" or len(seeking.actions) < 2:
        return seeking, None
    return seeking, estimate_optimality(mdp, at=at, discount=discount, **sampling)


def _split(states: str | None, known: Container[str]) -> list[str] | None:
    """One state, or a list separated by commas, or a JSON array where names contain commas."""
    if states is None or states in known:
        return None if states is None else [states]
    if states.lstrip().startswith("["):
        try:
            names = json.loads(states)
        except json.JSONDecodeError as error:
            raise click.BadParameter(f"expected a JSON array of names ({error.msg})", param_hint="--at") from error
        return [str(name) for name in names]
    return [name for name in states.split(",") if name]


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter("expected numbers such as 0.05,0.5,0.95", param_hint="--quantiles") from error
