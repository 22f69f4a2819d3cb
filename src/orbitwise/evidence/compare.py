"""The comparison: all evidence about a question, gathered into one answer.

certificate <= truth <= witness: the certificates bound the share from below for every reward, the witness from above,
and the user's own reward is counted exactly or estimated.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import orbitwise
from orbitwise.compute.executors import Executor
from orbitwise.errors import InvalidInput
from orbitwise.evidence.answer import Answer
from orbitwise.evidence.certify import certify, sort_certificates
from orbitwise.evidence.constants import Constant, find_constant
from orbitwise.evidence.constants_certified import certify_constant
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.discount_curve import (
    DiscountCurve,
    find_discount_curve,
    find_worst_discount,
    sample_discounts,
)
from orbitwise.evidence.estimates import check_settings, estimate_share
from orbitwise.evidence.kinds import (
    Certificate,
    Estimate,
    NotAffordable,
    NotCertified,
    OrbitCount,
    SituationShare,
    Witness,
)
from orbitwise.evidence.margins import find_margins, parse_epsilons
from orbitwise.evidence.notes import limit_note, situation_notes
from orbitwise.evidence.overlaps import overlap_notes
from orbitwise.evidence.priors import share_under_prior
from orbitwise.evidence.witnesses import find_witness
from orbitwise.formats.native import environment_sha256
from orbitwise.formats.priors import read_prior
from orbitwise.formats.rewards import read_reward
from orbitwise.outcomes.question import Question
from orbitwise.rewards.distributions import Distribution
from orbitwise.rewards.priors import Prior
from orbitwise.solvers.compilation import FIRST_USE, kernels_are_cached

__all__ = ["compare"]

SITUATIONS_WORK = 2 * 10**10  # elementary steps, about 20 s for all situations together
CONSTANT_WORK = 3 * 10**9  # elementary steps, about three seconds; six coordinates that matter often need less
SIMPLER = 0.1  # effort of a search for a reward that is known to exist


def compare(
    question: Question,
    *,
    reward: object = None,
    prior: object = None,
    precision: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
    epsilon: object = None,
    witness: bool = True,
    executor: Executor | None = None,
    progress: Callable[[str, float | None], None] | None = None,
) -> Answer:
    """Everything that can be said about a question.

    **Guarantee:** certificates and counts are exact; an estimate's interval covers the true share with probability
    ``level`` whenever the sampling stops.
    **Cost:** see :func:`orbitwise.evidence.certify.certify`; counts that would take over about 20 s are estimated.

    Parameters
    ----------
    question
        From :func:`orbitwise.ask` or :func:`orbitwise.ask_vectors`.
    reward
        Your reward: a mapping from coordinate names to numbers (others are 0), d numbers, the text or path of such a
        JSON mapping, or the name of a distribution such as ``"uniform"`` (i.i.d. on [0, 1]).
    prior
        Weights on the permutations of your reward, in place of counting each once: a function from a reward (a mapping
        from names to values) to its weight, a mapping such as ``{"product": {"candy": {1: 3}}}`` or ``{"table":
        [{"reward": {"candy": 1}, "weight": "1/2"}], "others": 0}``, or the text or path of such a JSON mapping.
    precision
        Width at which an estimate's interval is narrow enough; dimensionless.
    level
        Coverage probability of an estimate's interval.
    seed
        Seed of everything random; the same seed gives the same answer.
    epsilon
        By how much one side must be better to be counted so, for the margins: a number in units of the reward (per
        step: discounted values are multiplied by 1 - discount), several, or text such as ``"0.1,1/4"``. Needs a reward.
    witness
        Whether to search for the worst reward and, for small questions, the true constant.
    executor
        Where sampling runs, by default threads on all processors; no number depends on it.
    progress
        Called with a line of text when a longer stage begins, and while sampling with the share of it that is done.

    Raises
    ------
    InvalidInput
        The reward, the prior or an epsilon cannot be read, or there is a prior or an epsilon without a reward.

    Examples
    --------
    >>> import orbitwise as ow
    >>> question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", permute=["candy", "chocolate", "hug"])
    >>> ow.compare(question, reward={"candy": 1, "chocolate": "1/2"}).count
    OrbitCount(prefer_only=4, over_only=2, both=0, neither=0)
    """
    began = time.perf_counter()
    say = progress or (lambda _, __: None)
    check_settings(precision, level, 1)
    given, weights, epsilons = _read_asked(question, reward, prior, epsilon)
    if not kernels_are_cached():
        say(FIRST_USE, None)
    say("searching for certificates", None)
    certificates, not_certified = certify(question)

    def sample(population: Sequence[Fraction] | Distribution, asked: Question = question) -> Estimate:
        return estimate_share(
            asked,
            population,
            precision=precision,
            level=level,
            seed=seed,
            executor=executor,
            progress=lambda _, width: say("sampling", min(1.0, (precision / width) ** 2)),
        )

    many = question.criterion.discounts is not None
    count, estimate = (None, None) if many else _own_share(question, given, sample, say)
    curve = _own_curve(question, given, sample, say) if many else None
    weighed = None
    if weights is not None and isinstance(given, tuple):
        say("weighing the orbit", None)
        weighed = share_under_prior(question, given, weights, precision=precision, level=level, seed=seed)
    margins = None
    if given is not None and epsilons is not None:
        say("comparing margins", None)
        margins = find_margins(
            question,
            given,
            epsilons,
            precision=precision,
            level=level,
            seed=seed,
            progress=lambda done: say("sampling margins", done),
        )
    worst, constant = None, None
    if witness:
        say("searching for the worst reward", None)
        lower = max((c.bound for c in certificates if c.epsilon is None), default=None)
        worst, constant = _worst_share(question, lower, seed)
    if constant is not None:
        constant, certificates, not_certified = _certified(question, constant, certificates, not_certified)
    if isinstance(given, tuple):
        worst = _worse_of(worst, given, count, curve)
    return Answer(
        question=question,
        certificates=certificates,
        not_certified=not_certified,
        witness=worst,
        constant=constant,
        situations=_each_situation(question, given, say),
        reward=given if isinstance(given, tuple) else None,
        reward_text="" if reward is None else str(reward),
        count=count,
        estimate=estimate,
        prior=weighed,
        discounts=curve,
        seed=seed,
        input_sha256=input_sha256(question),
        margins=None if isinstance(margins, str) else margins,
        seconds=time.perf_counter() - began,
        version=orbitwise.__version__,
        notes=_notes(question, certificates, precision, estimate, weighed, margins),
    )


def _read_asked(
    question: Question, reward: object, prior: object, epsilon: object
) -> tuple[tuple[Fraction, ...] | Distribution | None, Prior | None, tuple[Fraction, ...] | None]:
    """The reward, the prior and the epsilons, checked against the question and each other."""
    given = None if reward is None else read_reward(reward, question.coordinates, where="reward")
    weights = None if prior is None else read_prior(prior, question.coordinates, where="prior")
    if weights is not None and question.criterion.discounts is not None:
        raise InvalidInput("expected one discount with a prior, found many; ask for one", where="prior")
    if weights is not None and not isinstance(given, tuple):
        raise InvalidInput(
            f"expected one reward whose permutations the prior weighs, found {given or 'none'}; give its values",
            where="prior",
        )
    epsilons = None if epsilon is None else parse_epsilons(epsilon)
    if epsilons is not None and question.criterion.is_function:
        raise InvalidInput("expected average reward or one discount with epsilon; ask for one of them", where="epsilon")
    if epsilons is not None and given is None:
        raise InvalidInput(
            "expected a reward whose margins to compare with epsilon, found none; give one", where="reward"
        )
    return given, weights, epsilons


def _own_share(
    question: Question,
    given: tuple[Fraction, ...] | Distribution | None,
    sample: Callable[[tuple[Fraction, ...] | Distribution], Estimate],
    say: Callable[[str, float | None], None],
) -> tuple[OrbitCount | None, Estimate | None]:
    """The share of the user's reward, counted or else sampled, or that of the user's distribution."""
    if given is None:
        return None, None
    if isinstance(given, Distribution):
        say(f"sampling rewards: {given}", None)
        return None, sample(given)
    say("counting the orbit", None)
    counted = count_orbit(question, given)
    if isinstance(counted, OrbitCount):
        return counted, None
    say(f"sampling the orbit: {counted.reason}", None)
    return None, sample(given)


def _own_curve(
    question: Question,
    given: tuple[Fraction, ...] | Distribution | None,
    sample: Callable[[Sequence[Fraction] | Distribution, Question], Estimate],
    say: Callable[[str, float | None], None],
) -> DiscountCurve | None:
    """The share of the user's reward at every discount, or else sampled at some."""
    if given is None:
        return None
    say("following the share over the discounts", None)
    if isinstance(given, Distribution):
        return sample_discounts(question, given, "rewards of a distribution are sampled", sample)
    found = find_discount_curve(question, given)
    if isinstance(found, DiscountCurve):
        return found
    return sample_discounts(question, given, found.reason, sample)


def _each_situation(
    question: Question,
    given: tuple[Fraction, ...] | Distribution | None,
    say: Callable[[str, float | None], None],
) -> tuple[SituationShare, ...]:
    """Each situation alone, with the count of the user's reward where all of them together are affordable."""
    if question.situations:
        say("counting each situation", None)
    found = []
    for name, part in question.named_situations:
        counted = None
        if isinstance(given, tuple):
            counted = count_orbit(part, given, work_limit=SITUATIONS_WORK // len(question.situations))
        found.append(SituationShare(name, counted if isinstance(counted, OrbitCount) else None))
    return tuple(found)


def _worst_share(question: Question, bound: Fraction | None, seed: int) -> tuple[Witness | None, Constant | None]:
    """The worst reward found, and the true constant where it is affordable; then its reward is the worst."""
    if question.criterion.discounts is not None:
        return find_worst_discount(question, seed=seed, bound=bound), None
    settled = find_constant(question, lower=bound, work_limit=CONSTANT_WORK)
    if not isinstance(settled, Constant):
        return find_witness(question, seed=seed, bound=bound), None
    worst = find_witness(question, seed=seed, bound=settled.share, effort=SIMPLER)  # often a simpler reward
    if worst is None or worst.share != settled.share:
        worst = Witness(settled.reward, settled.share, None, settled.how)
    return worst, settled


def _certified(
    question: Question,
    constant: Constant,
    certificates: tuple[Certificate, ...],
    not_certified: tuple[NotCertified, ...],
) -> tuple[Constant, tuple[Certificate, ...], tuple[NotCertified, ...]]:
    """The constant with a certificate that has it as its bound, if one is known or can be found."""
    if any(c.epsilon is None and c.bound == constant.share for c in certificates):
        return replace(constant, certified=True), certificates, not_certified
    if constant.share == 0:  # every share is at least 0
        return replace(constant, certified=True), certificates, not_certified
    began = time.perf_counter()
    match certify_constant(question, constant):
        case Certificate() as found:
            found = replace(found, seconds=time.perf_counter() - began)
            return replace(constant, certified=True), sort_certificates((found, *certificates)), not_certified
        case NotCertified() as missing:
            return constant, certificates, (*not_certified, missing)


def _worse_of(
    worst: Witness | None, reward: tuple[Fraction, ...], count: OrbitCount | None, curve: DiscountCurve | None
) -> Witness | None:
    """The worst reward found, or the user's own if that shows a smaller share."""
    if count is not None and _is_worse(count, worst):
        worst = Witness(reward=reward, share=count.share, estimate=None, how="your own reward")
    lowest = None if curve is None else curve.lowest
    if lowest is not None and _is_worse(lowest.count, worst):
        at = lowest.inside
        how = "your own reward" if isinstance(at, Fraction) else f"your own reward; at discount {float(at):.6g}"
        worst = Witness(reward, lowest.count.share, None, how, at if isinstance(at, Fraction) else None)
    return worst


def _is_worse(count: OrbitCount, worst: Witness | None) -> bool:
    """Whether the user's own reward shows a smaller share than the search did."""
    if worst is None:
        return True
    if worst.share is not None:
        return count.share < worst.share
    return worst.estimate is None or count.share < worst.estimate.low


def _notes(
    question: Question,
    certificates: tuple[Certificate, ...],
    precision: float,
    estimate: Estimate | None,
    weighed: object,
    margins: object,
) -> tuple[str, ...]:
    """What a reader must know beside the numbers, and why numbers are missing."""
    found = [] if question.play is None else list(question.play.environment.notes)
    found += [certificate.note for certificate in certificates if certificate.note]
    found += overlap_notes(question)
    if isinstance(weighed, NotAffordable):
        found.append(f"the share under your prior: {weighed.reason}")
    if estimate is not None and estimate.limit:
        found.append(limit_note(estimate, precision))
    found += situation_notes(question)
    if isinstance(margins, str):
        found.append(f"the margins are not known: {margins}")
    return tuple(found)


def input_sha256(question: Question) -> str:
    """Hash of the canonical form of the environment, or of the given vectors."""
    if question.play is not None:
        return environment_sha256(question.play.environment)
    sides = [[[[i, str(x)] for i, x in v] for v in side.vectors] for side in question.given or ()]
    return hashlib.sha256(json.dumps([question.coordinates, sides]).encode()).hexdigest()
