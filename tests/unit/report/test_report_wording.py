"""Sentences, numbers and names as people read them."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_answers import EVIL_NAMES, make_answer, returning

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery import load
from orbitwise.evidence.compare import compare
from orbitwise.evidence.graph_return import find_return_proof
from orbitwise.evidence.kinds import Certificate, OrbitCount, Witness
from orbitwise.outcomes.question import ask
from orbitwise.report.findings import count_sentence, reward_words
from orbitwise.report.lettering import (
    count_text,
    decimal_percent,
    exact_text,
    fraction_words,
    label,
    percent,
    share_words,
    shorten,
    text_width,
    visible,
)
from orbitwise.report.sentences import plain
from orbitwise.report.theorems import certificate_name, certificate_reason
from orbitwise.report.wording import detail_sentences, headline, phrases, set_phrase

shares = st.fractions(min_value=0, max_value=1, max_denominator=10**40)


def said(answer):
    """The headline as text."""
    return plain(headline(answer)[1])


def test_a_proof_is_announced_first(answers):
    """The first words are the claim, with theorem and sharpness."""
    assert said(answers["candy"]) == (
        "Proved: for every reward, Wait! is at least as good as candy on at least 2/3 of its permuted variants "
        "(T3, sharp)."
    )


def test_a_witness_above_the_bound_leaves_a_gap(answers):
    """Between bound and witness the truth is open, and the text says between which numbers."""
    text = " ".join(plain(sentence) for sentence in detail_sentences(answers["two_against_51"]))
    assert "between 51/53 and 219/220" in text
    assert "sharp" not in said(answers["two_against_51"])


def test_a_bound_of_one_needs_no_witness(answers):
    """A bound of 1 reads as all variants."""
    best = replace(answers["candy"].best, bound=Fraction(1))
    assert "on all of its permuted variants" in said(replace(answers["candy"], certificates=(best,)))


@pytest.mark.parametrize(
    ("prefer", "over", "words"),
    [
        ("in", "out", "After in one can surely come back to Start and do whatever out leads to."),
        ("avoid:garden", "take:out+avoid:garden", None),
    ],
)
def test_coming_back_is_said_after_the_headline(prefer, over, words):
    """The headline claims all variants; the next sentences say why."""
    answer = returning(prefer, over)
    words = words or "avoiding garden can begin like out and avoiding garden and do whatever"
    assert f"{phrases(answer)[0].text} is at least as good as" in said(answer)
    assert said(answer).startswith("Proved: for every reward, ")
    assert said(answer).endswith("on all of its permuted variants (T5, sharp).")
    assert words in " ".join(plain(sentence) for sentence in detail_sentences(answer))
    assert certificate_name(answer.best) == "T5 (domination, by coming back)"
    assert certificate_reason(answer.best).startswith("A can surely get to Start, and can do from there")


def test_where_one_cannot_come_back_one_may_meet(answers):
    """From the hall there is no way back to the start, but one to the porch, where B begins."""
    builder = Builder("house", start="Start").add("Start", "in", "hall").add("Start", "out", "porch")
    builder.add("hall", "stay", "hall").add("hall", "leave", "porch").add("porch", "stay", "porch")
    question = ask(builder.build(), prefer="in", over="out")
    best = Certificate(question, find_return_proof(question), "T5", "weak", Fraction(1), None, False)
    (sentence,) = detail_sentences(make_answer(question, certificates=(best,)))
    assert plain(sentence) == "After in one can surely also get to porch and do whatever out leads to."


def test_a_ratio_of_the_graph_form_is_said(answers):
    """Nine cells of the rim to stay in against two holes, none of them shared: 9 to 2."""
    own = len([1 for x in range(4) for y in range(3) if x in (0, 3) or y in (0, 2)]) - 1
    text = " ".join(plain(sentence) for sentence in detail_sentences(answers["gridworld"]))
    assert f"is strictly better at least {own}/2 times as often as entering @hole." in text


def test_without_a_certificate_the_witness_speaks(answers):
    """Nothing proved: the worst reward found bounds every possible bound."""
    verdict, sentence = headline(answers["nothing_certified"])
    assert verdict == "open"
    assert plain(sentence).startswith("Not proved for every reward: for the worst reward found, Wait!")
    assert "4/5" in plain(sentence)


def test_the_users_own_reward_counts_as_a_witness(answers):
    """When the user's reward has the smaller share, the headline is about it."""
    own = replace(answers["nothing_certified"], count=OrbitCount(14, 6, 0))
    assert "for your reward, Wait!" in said(own)
    assert "7/10" in said(own)


def test_a_witness_of_share_zero_is_a_refutation(answers):
    """A reward on none of whose variants A is as good refutes every bound above 0."""
    answer = answers["nothing_certified"]
    refuted = replace(answer, witness=Witness(answer.witness.reward, Fraction(0), None, "given"))
    assert headline(refuted)[0] == "refuted"
    assert "none of its permuted variants" in said(refuted)


def test_a_sampled_witness_is_about(answers):
    """A witness whose orbit was only sampled speaks with its interval, and leaves no gap of exact numbers."""
    answer = answers["stochastic"]
    assert "about 61.0% (95% interval 60.0% to 62.0%" in said(replace(answer, certificates=()))
    easy = replace(answer, certificates=(), count=OrbitCount(10, 0, 0))
    assert "about 61.0%" in said(easy)  # and not that A is best on all variants of the user's reward
    details = " ".join(plain(sentence) for sentence in detail_sentences(answer))
    assert "about 61.0%" in details
    assert "between" not in details


def test_an_estimate_is_called_one(answers):
    """A sampled share is about, with its interval, and no proof."""
    assert said(answers["estimate_only"]) == (
        "Not proved, estimated: live is at least as good as die on about 99.0% (95% interval 98.5% to 99.4%, "
        "4,000 samples) of rewards drawn from uniform."
    )


def test_no_evidence_claims_nothing(answers):
    """Without any evidence the headline has no number."""
    empty = replace(answers["estimate_only"], estimate=None)
    assert not any(character.isdigit() for character in said(empty))


def test_every_headline_names_both_sides(answer):
    """Whatever was found, the sentence is about A and B and ends in a stop."""
    spans = headline(answer)[1]
    assert {span.side for span in spans} == {"", "a", "b"}
    assert said(answer).endswith(".")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Wait!", "Wait!"),
        ("take:left+avoid:@hole", "left and avoiding @hole"),
        ("always:stay", "always stay"),
        ("enter:a,b", "entering a, b"),
        ('end:["0,1","0,2"]', "ending in 0,1, 0,2"),
        ("avoid:a,b,c,d,e", "avoiding a, b, c and 2 more"),
    ],
)
def test_policy_sets_become_phrases(text, phrase):
    """Each form of a SET has its own verb; long lists are cut and counted."""
    assert set_phrase(text) == phrase


@given(shares)
def test_a_percentage_is_zero_or_hundred_only_where_it_is_exact(share):
    """Rounding never turns almost all into all, or almost none into none."""
    words = percent(share)
    assert (words == "0%") == (share == 0)
    assert (words == "100%") == (share == 1)
    assert not words.startswith(("0.0", "100.0"))


@given(shares)
def test_a_short_fraction_is_written_exactly(share):
    """What can be read at a glance is exact; what cannot says that it is about."""
    words = fraction_words(share)
    if "about" in words:
        assert len(str(share)) > 20
    else:
        assert Fraction(words) == share


def test_astronomic_bounds_are_readable():
    """MORE's 10^53 living choices: the distance from 1 is said as a power of ten."""
    share = Fraction(10**53, 10**53 + 1)
    assert share_words(share) == "1 - 1/(about 10^53) (all but 1 in 10^53)"


@given(st.integers(min_value=0, max_value=5), st.integers(min_value=1, max_value=10**30))
def test_all_digits_of_a_fraction_are_written(thousands, low):
    """Beyond Python's limit of digits, too: the text reads back in parts."""
    number = 10 ** (2000 * thousands) + low
    text = exact_text(Fraction(-number, 7)) if number % 7 else exact_text(-number)
    digits = text.removeprefix("-").removesuffix("/7")
    value = 0
    for start in range(0, len(digits), 1000):
        chunk = digits[start : start + 1000]
        value = value * 10 ** len(chunk) + int(chunk)
    assert value == number
    assert text.startswith("-")


def test_counts_beyond_reading_are_powers_of_ten():
    """Orbits of thousands of states have thousands of digits; they are readable and exact where it matters."""
    huge = math.factorial(2000)
    assert count_text(huge) == "about 10^5735"
    assert share_words(Fraction(huge - 1, huge)) == "1 - 1/(about 10^5735) (all but 1 in 10^5735)"
    assert fraction_words(Fraction(-huge)) == "-(about 10^5735)"


@given(st.floats(min_value=0, max_value=1))
def test_an_estimated_percentage_is_within_rounding(share):
    """One decimal, at most half of it away."""
    assert abs(float(decimal_percent(share)[:-1]) - 100 * share) <= 0.05 + 1e-9


def test_a_reward_is_read_by_what_stands_out():
    """The most frequent value comes last, with how many coordinates have it."""
    names = ["Start", "candy", "Wait!", "chocolate", "hug"]
    reward = [Fraction(0), Fraction(1), Fraction(0), Fraction(1, 2), Fraction(0)]
    assert reward_words(reward, names) == "candy = 1, chocolate = 1/2, the 3 others = 0"
    assert reward_words([Fraction(2)] * 5, names) == "everywhere = 2"
    assert reward_words([Fraction(i) for i in range(5)], names, longest=2) == "hug = 4, chocolate = 3, 3 more"


COUNTS = [((6, 0), "all of the 6"), ((0, 6), "none of the 6"), ((4, 2), "4 of 6")]


@pytest.mark.parametrize(("at_least", "words"), COUNTS)
def test_counts_say_all_and_none(answers, at_least, words):
    """A count over a whole orbit is said in whole numbers."""
    sentence = count_sentence(OrbitCount(*at_least, 0), phrases(answers["candy"])[0], whose="your reward")
    assert words in plain(sentence)


@given(st.text())
def test_visible_text_has_no_controls(text):
    """Nothing that moves a cursor, ends a line or turns the direction of the text remains."""
    shown = visible(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    if text.isascii() and text.isprintable():
        assert shown == text


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_shortened_text_fits(text, width):
    """Never wider than asked for, unchanged when it fits."""
    shown = shorten(visible(text), width)
    assert text_width(shown) <= width
    if text_width(visible(text)) <= width:
        assert shown == visible(text)


def test_names_that_run_leftward_are_kept_apart():
    """Hebrew and Arabic names cannot reorder the sentence around them; emoji and Latin names are left alone."""
    assert label(EVIL_NAMES[6]) == f"\u2068{EVIL_NAMES[6]}\u2069"
    assert label(EVIL_NAMES[7], 3).endswith("…\u2069")
    assert label(EVIL_NAMES[8]) == EVIL_NAMES[8]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"discount": "all"},
            "every discount: for the worst reward found at discount 1/10, Wait!",
        ),
        (
            {"discount": "1/2..2/3"},
            "every discount from 1/2 to 2/3: for the worst reward found at discount 1/2, Wait!",
        ),
        (
            {"criterion": "blackwell"},
            "all discounts near enough to 1: for the worst reward found, ",
        ),
    ],
)
def test_the_first_sentence_says_at_which_discounts(asked, words):
    """A question about many discounts, or the limit, says so; the worst reward has its share at one of them."""
    answer = compare(ask(load("candy"), prefer="Wait!", over="candy", **asked))
    assert words in plain(headline(answer)[1])
