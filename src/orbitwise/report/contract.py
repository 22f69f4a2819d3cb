"""The JSON documents of the command line: one for an answer, one for an error.

Fractions are text ``"p/q"`` (``"p"`` when whole); floats appear only in estimates and in the seconds. Rewards name the
coordinates whose value is not 0, so they can be given back as ``--reward``. Counts are JSON integers; those of more
than 4,000 digits, which many readers of JSON refuse, are text.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, assert_never

from orbitwise.errors import OrbitwiseError
from orbitwise.evidence.answer import SCOPE, Answer
from orbitwise.evidence.constants import Constant
from orbitwise.evidence.kinds import Certificate, Estimate, NotAffordable, OrbitCount, Witness
from orbitwise.evidence.priors import PriorShare
from orbitwise.outcomes.criteria import ALL_DISCOUNTS
from orbitwise.outcomes.question import Question
from orbitwise.report.discounts import discounts_document
from orbitwise.report.lettering import DIGITS_AT_ONCE, exact_text
from orbitwise.report.margins import margins_document

__all__ = ["SCHEMA_VERSION", "answer_document", "error_document", "estimate_document"]

SCHEMA_VERSION = 1


def answer_document(answer: Answer) -> dict[str, Any]:
    """The answer as the JSON object that ``compare --json`` prints.

    **Cost:** linear in the certificate of the best bound, which is part of it.

    Examples
    --------
    >>> import orbitwise as ow
    >>> question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy")
    >>> document = answer_document(ow.compare(question))
    >>> document["ok"], document["lower"]["bound"]
    (True, '2/3')
    """
    names = answer.question.coordinates
    return {
        "ok": True,
        "schema_version": SCHEMA_VERSION,
        "version": answer.version,
        "input_sha256": answer.input_sha256,
        "seed": answer.seed,
        "question": _question(answer),
        "lower": None if answer.best is None else _lower(answer.best),
        "others": [_claim(certificate) for certificate in answer.certificates if certificate is not answer.best],
        "not_certified": [f"{missing.theorem}: {missing.reason}" for missing in answer.not_certified],
        "upper": None if answer.witness is None else _upper(answer.witness, names),
        "sharp": answer.sharp,
        "constant": None if answer.constant is None else _constant(answer.constant, names),
        "orbit": None if answer.count is None else _orbit(answer.count),
        "estimate": None if answer.estimate is None else estimate_document(answer.estimate),
        "prior": _prior(answer.prior),
        "situations": _situations(answer),
        "margins": None if answer.margins is None else margins_document(answer.margins),
        "discounts": None if answer.discounts is None else discounts_document(answer.discounts),
        "scope": SCOPE,
        "notes": list(answer.notes),
        "seconds": round(answer.seconds, 3),
    }


def error_document(error: OrbitwiseError) -> dict[str, Any]:
    """An error as the JSON object that every command prints with ``--json``.

    Examples
    --------
    >>> from orbitwise.errors import InvalidInput
    >>> error_document(InvalidInput("expected a state, found 'x'", where="--at"))["kind"]
    'InvalidInput'
    """
    import orbitwise

    return {
        "ok": False,
        "schema_version": SCHEMA_VERSION,
        "version": orbitwise.__version__,
        "error": error.message,
        "kind": type(error).__name__,
        "where": error.where,
    }


def _question(answer: Answer) -> dict[str, Any]:
    question = answer.question
    play = question.play
    discount = question.criterion.discount
    return {
        "environment": None if play is None else play.environment.name,
        "at": None if play is None or question.situations else play.environment.states[play.at],
        "situations": [name for name, _ in question.named_situations] or None,
        "left_out": dict(question.left_out),
        "prefer": question.prefer_text,
        "over": question.over_text,
        "criterion": question.criterion.kind,
        "discount": _discount(question) if discount is None else exact_text(discount),
        "permute": _permute(question),
        "reward": answer.reward_text or None,
        "n_coordinates": question.n_coordinates,
    }


def _situations(answer: Answer) -> list[dict[str, Any]] | None:
    """Each situation alone; the orbit, the estimate and the bounds are about all of them at once."""
    if not answer.situations:
        return None
    return [
        {"at": each.at, "orbit": None if each.count is None else _orbit(each.count)}
        | {"share": None if each.count is None else exact_text(each.count.share)}
        for each in answer.situations
    ]


def _discount(question: Question) -> str | list[str] | None:
    """What the question was asked with, when it is not one discount."""
    many = question.criterion.discounts
    if many is None:
        return None
    return "all" if many == ALL_DISCOUNTS else [exact_text(end) for end in many]


def _permute(question: Question) -> str | list[str]:
    if question.permutes_all:
        return "all"
    return [question.coordinates[i] for i in question.permutable]


def _claim(certificate: Certificate) -> dict[str, Any]:
    return {
        "bound": exact_text(certificate.bound),
        "form": certificate.form,
        "theorem": certificate.theorem,
        "ratio": None if certificate.ratio is None else exact_text(certificate.ratio),
        "strict_almost_everywhere": certificate.strict_almost_everywhere,
        **({} if certificate.epsilon is None else {"epsilon": exact_text(certificate.epsilon)}),
        "choice": certificate.choice or None,
        "seconds": round(certificate.seconds, 4),
    }


def _lower(certificate: Certificate) -> dict[str, Any]:
    return {**_claim(certificate), "certificate": certificate.document}


def _upper(witness: Witness, names: Sequence[str]) -> dict[str, Any]:
    return {
        "share": None if witness.share is None else exact_text(witness.share),
        "form": "weak",
        "reward": _reward(witness.reward, names),
        "how": witness.how,
        "discount": None if witness.discount is None else exact_text(witness.discount),
        "estimate": None if witness.estimate is None else estimate_document(witness.estimate),
    }


def _reward(reward: Sequence[Fraction], names: Sequence[str]) -> dict[str, str]:
    return {names[i]: exact_text(value) for i, value in enumerate(reward) if value}


def _constant(constant: Constant, names: Sequence[str]) -> dict[str, Any]:
    return {
        "share": exact_text(constant.share),
        "reward": _reward(constant.reward, names),
        "certified": constant.certified,
        "how": constant.how,
    }


def _orbit(count: OrbitCount) -> dict[str, Any]:
    return {
        "size": _integer(count.size),
        "prefer_only": _integer(count.prefer_only),
        "over_only": _integer(count.over_only),
        "both": _integer(count.both),
        "neither": _integer(count.neither),
        "share": exact_text(count.share),
        "strict_share": exact_text(count.strict_share),
    }


def _prior(prior: PriorShare | Estimate | NotAffordable | None) -> dict[str, Any] | None:
    """The share under the user's weights: exact, an estimate, or why there is none."""
    match prior:
        case None:
            return None
        case NotAffordable():
            return {"share": None, "estimate": None, "refused": prior.reason}
        case Estimate():
            return {"share": None, "estimate": estimate_document(prior), "refused": None}
        case PriorShare():
            square, distance = prior.flip_factor_squared, prior.flip_distance
            low, high = prior.range_within_factor(2)
            return {
                "share": exact_text(prior.share),
                "prefer_only": exact_text(prior.prefer_only),
                "over_only": exact_text(prior.over_only),
                "both": exact_text(prior.both),
                "within_factor_2": [exact_text(low), exact_text(high)],
                "flip_factor_squared": None if square is None else exact_text(square),
                "flip_distance": None if distance is None else exact_text(distance),
                "estimate": None,
                "refused": None,
            }
        case _:
            assert_never(prior)


def _integer(count: int) -> int | str:
    return count if count < 10**DIGITS_AT_ONCE else exact_text(count)


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """A sampled share as JSON data."""
    return {
        "share": estimate.share,
        "low": estimate.low,
        "high": estimate.high,
        "level": estimate.level,
        "samples": estimate.samples,
        "undecided": estimate.undecided,
        "population": estimate.population,
        "variance_ratio": estimate.variance_ratio,
        "limit": estimate.limit or None,
    }
