"""Estimates: exact ties, intervals that can be trusted, the same numbers for the same seed."""

import tracemalloc
from fractions import Fraction
from math import log

import pytest
from scipy.special import betaln

import orbitwise as ow
from orbitwise.compute.executors import Executor
from orbitwise.errors import InvalidInput
from orbitwise.evidence import estimates
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.estimates import estimate_share
from orbitwise.evidence.intervals import confidence_interval
from orbitwise.outcomes.question import ask_vectors
from orbitwise.rewards import parse_distribution

UNIFORM = parse_distribution("uniform")
TWO_AGAINST_ONE = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])


@pytest.mark.parametrize(("successes", "failures"), [(7, 3), (500, 500), (1, 4000), (123456, 654)])
def test_the_ends_of_an_interval_are_where_the_mixture_reaches_its_bound(successes, failures):
    """At both ends the beta mixture over the likelihood equals 1/alpha = 20, up to the outward rounding."""
    for p in confidence_interval(successes, failures, 0.95):
        mixture = betaln(successes + 0.5, failures + 0.5) - betaln(0.5, 0.5)
        ratio = mixture - successes * log(p) - failures * log(1 - p)
        assert log(20) <= ratio + 1e-7
        assert ratio <= log(20) + 2e-9 * (successes + failures + 1) + 1e-6


def test_no_failures_leave_the_upper_end_at_one():
    """Nothing but successes: the interval ends at 1, and its lower end grows with their number."""
    few, many = confidence_interval(10, 0, 0.95), confidence_interval(1000, 0, 0.95)
    assert few[1] == many[1] == 1.0
    assert 0 < few[0] < many[0] < 1
    assert confidence_interval(0, 10, 0.95)[0] == 0.0
    assert confidence_interval(0, 0, 0.95) == (0.0, 1.0)


def test_ties_of_fractions_are_exact():
    """0.1 + 0.2 ties with 0.3: the estimated share is the exact one, which doubles would get wrong.

    False alarm below 1e-6 (level 0.999999).
    """
    question = ask_vectors(prefer=[[0, 0, 1, 0]], over=[[1, 1, 0, 0]])
    reward = [Fraction(1, 10), Fraction(2, 10), Fraction(3, 10), Fraction(-5)]
    exact = count_orbit(question, reward)
    assert exact.both == 2
    estimate = estimate_share(question, reward, precision=0.02, level=0.999999)
    assert estimate.low <= float(exact.share) <= estimate.high
    assert estimate.population == "orbit"
    scaled = [Fraction(10**20 + 1, 10**20) * x for x in reward]  # numerators beyond 2^53: near ties are decided exactly
    assert estimate_share(question, scaled, precision=0.02, level=0.999999) == estimate


def test_the_same_seed_gives_the_same_estimate():
    """Seeds determine everything; another seed samples other rewards."""
    question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 2]], over=[[3, 0, 0]])
    reward = [Fraction(x) for x in (3, 1, -2)]
    first, again, other = (estimate_share(question, reward, precision=0.05, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.share != other.share


def test_sampling_stops_at_the_largest_number_of_samples():
    """A width that is out of reach: the interval so far is returned, and progress was reported on the way."""
    seen = []
    estimate = estimate_share(
        TWO_AGAINST_ONE, UNIFORM, precision=0.001, max_samples=1000, progress=lambda n, width: seen.append((n, width))
    )
    assert estimate.samples == 1000 == seen[-1][0]
    assert estimate.limit == "samples"
    assert seen[-1][1] == estimate.high - estimate.low > 0.001
    assert [n for n, _ in seen] == sorted(n for n, _ in seen)


def test_an_orbit_too_large_to_count_is_estimated():
    """51 against 2 among 60 coordinates with i.i.d. normal values: the interval holds 51/53. False alarm below 1e-6."""
    sides = [[[int(i == k) for i in range(60)] for k in part] for part in (range(51), range(51, 53))]
    question = ask_vectors(prefer=sides[0], over=sides[1])
    estimate = estimate_share(question, parse_distribution("normal"), precision=0.02, level=0.999999)
    assert estimate.low <= 51 / 53 <= estimate.high
    assert estimate.population == "normal(0, 1)"


def staying_or_leaving(**how):
    builder = ow.Builder("home", start="home")
    for state, action, successor in (
        ("home", "stay", "home"),
        ("home", "go", "away"),
        ("away", "stay", "away"),
        ("away", "back", "home"),
    ):
        builder.add(state, action, successor)
    return ow.ask(builder.build(), prefer="avoid:away", over="end:away", **how)


def test_undecided_comparisons_count_both_ways():
    """Who must end somewhere under discounting has no optimality equation: the interval spans what is open.

    A stays home for ever; B must end away: by hand A is better exactly when home is worth more than away. B's value is
    only bounded from above, so nothing shows that A is worse, and the interval ends at 1.
    """
    question = staying_or_leaving(discount="1/2", limit=1)
    estimate = estimate_share(question, UNIFORM, precision=0.05, level=0.999999)
    exact = estimate_share(staying_or_leaving(discount="1/2"), UNIFORM, precision=0.05, level=0.999999)
    assert exact.undecided == 0
    assert estimate.undecided > 0
    assert exact.low <= 0.5 <= exact.high
    assert 0.4 < estimate.low <= 0.5
    assert estimate.high == 1.0
    assert estimate.high - estimate.low <= 0.05 + estimate.undecided / estimate.samples + 1e-12


def test_an_interval_wider_than_asked_is_said_at_every_door(monkeypatch, tmp_path):
    """Sampling stops at its limit of elementary steps: a note says so in text, JSON and HTML, and none does else."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", discount="1/2")
    plain = ow.compare(question, reward="uniform", precision=0.2, witness=False)
    assert plain.estimate.limit == ""
    assert "wider than" not in str(plain)
    assert plain.to_json()["estimate"]["limit"] is None
    monkeypatch.setattr(estimates, "MAX_STEPS", 1)
    answer = ow.compare(question, reward="uniform", precision=0.001, witness=False)
    document = answer.to_json()
    assert document["estimate"]["limit"] == answer.estimate.limit == "steps"
    assert answer.estimate.high - answer.estimate.low > 0.001
    note = "wider than the 0.001 that was asked for: sampling stopped at its limit, after 64 samples"
    assert note in document["notes"][-1]
    assert note in " ".join(str(answer).split())
    answer.to_html(tmp_path / "report.html")
    assert note in (tmp_path / "report.html").read_text()


def test_averaging_and_its_variance_ratio_are_said_at_every_door(tmp_path):
    """Text, JSON and HTML say that verdicts were averaged; a question without mixing symmetries says nothing."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy")
    answer = ow.compare(question, reward="uniform", precision=0.05, witness=False)
    assert answer.to_json()["estimate"]["variance_ratio"] == answer.estimate.variance_ratio == 0.0
    said = "averaged over symmetries: 0% of the plain variance"
    assert said in " ".join(str(answer).split())
    answer.to_html(tmp_path / "report.html")
    assert said in (tmp_path / "report.html").read_text()
    plain = ow.compare(ask_vectors(prefer=[[0, 1]], over=[[2, 0]]), reward="uniform", precision=0.3, witness=False)
    assert plain.to_json()["estimate"]["variance_ratio"] is None
    assert "averaged" not in str(plain)


def test_memory_does_not_grow_with_the_number_of_samples():
    """Ten times the samples on a 5 x 5 grid: the same peak of traced memory, less than 1 MiB apart.

    100,000 rewards of 25 states would take 20 MB.
    """
    board = ow.Builder("board", start="0,0")
    for x in range(5):
        for y in range(5):
            for action, i, j in (("right", x + 1, y), ("down", x, y + 1), ("stay", x, y)):
                if i < 5 and j < 5:
                    board.add(f"{x},{y}", action, f"{i},{j}")
    question = ow.ask(board.build(), prefer="take:right", over="take:down", discount="1/2", limit=1)

    def peak(samples):
        tracemalloc.start()
        try:
            found = estimate_share(question, UNIFORM, precision=1e-6, max_samples=samples, executor=Executor("serial"))
            assert found.samples == samples
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert abs(peak(100_000) - peak(10_000)) < 2**20


@pytest.mark.parametrize("wrong", [{"precision": 0}, {"precision": 1.5}, {"level": 1}, {"max_samples": 0}])
def test_a_precision_or_level_outside_its_range_is_refused(wrong):
    """Named, with what to write."""
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        estimate_share(TWO_AGAINST_ONE, UNIFORM, **wrong)
