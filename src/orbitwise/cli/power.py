"""``orbitwise power``: the average optimal value of each state over rewards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from orbitwise.cli.door import announce_compilation, print_json, say
from orbitwise.environments.names import split_names
from orbitwise.errors import InvalidInput

if TYPE_CHECKING:
    from orbitwise.compute.executors import Executor
    from orbitwise.environments.mdp import MDP
    from orbitwise.power.estimates import PowerEstimate
    from orbitwise.report.power_report import PowerReport

__all__ = ["command"]

FEW_STATES = 12  # so many histograms are shown without being asked for
SWEEP_TAKES = ("sweep", "workers", "as_json", "html", "quiet")


@click.command("power")
@click.argument("environment", metavar="[ENV]", required=False)
@click.option("--discount", metavar="G", help="0 < G < 1, for example 9/10.")
@click.option("--discounts", metavar="G1,G2", help="Several discounts, on the same rewards.")
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
@click.option("--histogram", metavar="STATES", help="States, or all: histograms of the normalized optimal value.")
@click.option("--exact", is_flag=True, help="Exact fractions too, where rewards are uniform and the environment small.")
@click.option(
    "--actions", metavar="STATE", help="Also: which actions of this state seek POWER, and are optimal how often."
)
@click.option(
    "--sample", type=click.IntRange(0), metavar="I", help="Also: reward I of the draw, its optimal policy and a play."
)
@click.option(
    "--sweep", type=click.Path(path_type=Path), metavar="FILE", help="All cases of a TOML file instead of ENV."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--workers", metavar="N", help="Threads, or threads:N, processes:N, serial; no number depends on it.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with all figures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def command(environment: str | None, sweep: Path | None, workers: str | None, **asked: Any) -> int:
    """POWER of each state: how well an agent does from there on average over rewards.

    ENV is gallery:NAME, gym:ID?argument=value, or a file.
    """
    from orbitwise.compute.executors import parse_executor
    from orbitwise.report.power_report import report_document, report_lines

    executor = None if workers is None else parse_executor(workers, where="--workers")
    html, as_json = asked["html"], asked["as_json"]
    if html is not None and not html.parent.is_dir():
        raise InvalidInput("expected a folder to write into, found none; make it first", where=str(html.parent))
    if sweep is not None:
        context = click.get_current_context()
        for name in context.params:
            if name not in SWEEP_TAKES and context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
                raise click.UsageError(
                    f"expected only --workers, --html, --json and --quiet with --sweep, found {name}."
                )
        return _sweep(sweep, executor, html, as_json=as_json, quiet=asked["quiet"] or as_json)
    if environment is None:
        raise click.UsageError("expected an environment ENV, found none; name one, or give --sweep FILE.")
    _check_together(asked)
    if not (asked["quiet"] or as_json):
        announce_compilation()
    report = _report(environment, executor, asked)
    if html is not None:
        _write_page([report], html)
    if as_json:
        print_json(report_document(report))
    else:
        click.echo("\n".join(report_lines(report)))
    return 0


def _check_together(asked: dict[str, Any]) -> None:
    """Refuse what cannot be asked together."""
    if sum(asked[name] is not None for name in ("discount", "discounts", "limit")) != 1:
        raise click.UsageError(
            "expected one of --discount G, --discounts G1,G2 and --limit 0|1; give 0 < G < 1, or the limit."
        )
    if asked["sample"] is not None and asked["discount"] is None:
        raise click.UsageError("expected --discount G with --sample; an optimal policy is for one discount.")
    if asked["discounts"] is not None and (asked["exact"] or asked["actions"] is not None):
        raise click.UsageError("expected --discount G with --exact and --actions, found --discounts; give one.")
    if asked["points"] == "sobol" and (asked["sample"] is not None or asked["histogram"] is not None):
        raise click.UsageError("expected independent points with --sample and --histogram; leave --points out.")


def _report(environment: str, executor: Executor | None, asked: dict[str, Any]) -> PowerReport:
    from orbitwise.formats import load
    from orbitwise.power.exact import list_exact_powers
    from orbitwise.power.plays import play_sample
    from orbitwise.power.sweep_files import QUANTILES
    from orbitwise.report.power_report import PowerReport

    mdp = load(environment)
    if asked["actions"] is not None:
        mdp.state(asked["actions"], where="actions")  # before anything is sampled
    draw = {name: asked[name] for name in ("reward", "samples", "seed")}
    states = None if asked["at"] is None else split_names(asked["at"], mdp.index, where="--at")
    shown = _histogram_states(mdp, states, asked)
    levels = _numbers(asked["quantiles"]) if asked["quantiles"] is not None else QUANTILES if shown else ()
    curve = _estimate(mdp, asked, at=states, quantiles=levels, executor=executor, **draw)
    sampling = {**draw, "level": asked["level"], "executor": executor}
    first = None if states is None else states[0]
    return PowerReport(
        curve=curve,
        is_curve=asked["discounts"] is not None,
        name=environment,
        exact=list_exact_powers(curve[0]) if asked["exact"] else None,
        histograms=shown,
        actions=None if asked["actions"] is None else _actions(mdp, asked, sampling),
        play=None
        if asked["sample"] is None
        else play_sample(mdp, discount=asked["discount"], sample=asked["sample"], at=first, **draw),
    )


def _estimate(mdp: MDP, asked: dict[str, Any], **settings: Any) -> tuple[PowerEstimate, ...]:
    from orbitwise.power.estimates import estimate_power, estimate_power_limit
    from orbitwise.power.sweeps import trace_power

    settings |= {"level": asked["level"], "points": asked["points"]}
    if asked["discounts"] is not None:
        return trace_power(mdp, discounts=asked["discounts"].split(","), **settings)
    if asked["limit"] is not None:
        return (estimate_power_limit(mdp, limit=int(asked["limit"]), **settings),)
    return (estimate_power(mdp, discount=asked["discount"], **settings),)


def _sweep(path: Path, executor: Executor | None, html: Path | None, *, as_json: bool, quiet: bool) -> int:
    """All cases of a sweep file; nothing is written before all are done."""
    from orbitwise.power.sweep_files import iter_sweep, read_sweep
    from orbitwise.report.power_report import PowerReport
    from orbitwise.report.power_sweep import curve_lines, sweep_document

    sweep = read_sweep(path)
    if not quiet:
        announce_compilation()
    curves = []
    for case, curve in zip(sweep.cases, iter_sweep(sweep, executor=executor), strict=True):
        if not quiet:
            say(f"{case.name}, reward {case.reward}, {case.samples:,} samples: done")
        curves.append(curve)
    if html is not None:
        reports = [
            PowerReport(curve, is_curve=True, name=case.name, histograms=_few(case.environment, curve[0].names))
            for case, curve in zip(sweep.cases, curves, strict=True)
        ]
        _write_page(reports, html)
    if as_json:
        print_json(sweep_document(sweep, curves))
    else:
        click.echo("\n\n".join("\n".join(curve_lines(curve)) for curve in curves))
    return 0


def _actions(mdp: MDP, asked: dict[str, Any], sampling: dict[str, Any]) -> Any:
    """POWER-seeking, and optimality at the discount or under average reward; the limit at 0 has no criterion."""
    from orbitwise.power.optimality import estimate_optimality
    from orbitwise.power.seeking import compare_power_seeking

    at, discount, limit = asked["actions"], asked["discount"], asked["limit"]
    seeking = compare_power_seeking(
        mdp, at=at, discount=discount, limit=None if limit is None else int(limit), **sampling
    )
    if limit == "0" or len(seeking.actions) < 2:
        return seeking, None
    return seeking, estimate_optimality(mdp, at=at, discount=discount, **sampling)


def _histogram_states(mdp: MDP, states: list[str] | None, asked: dict[str, Any]) -> tuple[str, ...]:
    """The states whose histograms are shown: those asked for, and on a page all of few, or the start."""
    listed = mdp.states if states is None else tuple(states)
    if asked["histogram"] == "all":
        return listed
    if asked["histogram"] is not None:
        return tuple(_among(name, listed) for name in split_names(asked["histogram"], mdp.index, where="--histogram"))
    return _few(mdp, listed) if asked["html"] is not None and asked["points"] == "independent" else ()


def _few(mdp: MDP, names: tuple[str, ...]) -> tuple[str, ...]:
    start = mdp.states[mdp.start]
    return names if len(names) <= FEW_STATES else (start if start in names else names[0],)


def _among(name: str, listed: tuple[str, ...]) -> str:
    if name not in listed:
        raise click.BadParameter(f"expected one of the states asked for, found {name!r}", param_hint="--histogram")
    return name


def _write_page(reports: list[PowerReport], path: Path) -> None:
    from orbitwise.report.power_html import write_power_html

    write_power_html(reports, path)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter("expected numbers such as 0.05,0.5,0.95", param_hint="--quantiles") from error
