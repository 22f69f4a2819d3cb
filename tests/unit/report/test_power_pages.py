"""The POWER page: well formed, self-contained, and every number in it is one of the JSON document."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from report_answers import EVIL_NAMES
from test_report_html import read

import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.power.plays import play_sample
from orbitwise.power.sweep_files import QUANTILES
from orbitwise.power.sweeps import trace_power
from orbitwise.report.heat import ANCHORS, Scale, color_at, number_text
from orbitwise.report.power_charts import nice_ticks
from orbitwise.report.power_html import render_power_html
from orbitwise.report.power_policy import draw_policy
from orbitwise.report.power_report import PowerReport, report_document, report_lines

DISCOUNTS = ["1/10", "1/2", "9/10"]


def reports() -> dict[str, PowerReport]:
    """A curve on a grid; one discount with a sampled reward on a noisy grid; the same on a graph; strange names."""
    grid, noisy = ow.gallery.load("powerplay-grid"), ow.gallery.load("powerplay-grid", n=4, noise=40)
    candy = ow.gallery.load("candy")
    builder = ow.Builder("evil")
    for name in EVIL_NAMES:
        builder.add(name, "go", EVIL_NAMES[0]).add(name, "stay", name)
    evil = builder.build()
    settings = {"samples": 300, "quantiles": QUANTILES}
    return {
        "curve": PowerReport(trace_power(grid, discounts=DISCOUNTS, **settings), True, "grid", histograms=grid.states),
        "noisy": PowerReport(
            (ow.estimate_power(noisy, discount=0.6, **settings),),
            histograms=("1,1",),
            play=play_sample(noisy, discount=0.6, sample=5),
        ),
        "graph": PowerReport(
            (ow.estimate_power(candy, discount=0.6, at=["Start", "hug"], **settings),),
            play=play_sample(candy, discount=0.6, sample=5),
        ),
        "evil": PowerReport(
            trace_power(evil, discounts=[0.5, 0.9], **settings),
            True,
            EVIL_NAMES[0],
            histograms=evil.states,
            play=play_sample(evil, discount=0.5, sample=0),
        ),
    }


@pytest.fixture(scope="module")
def shown() -> dict[str, tuple[PowerReport, str]]:
    """Each report with its page."""
    return {name: (report, render_power_html([report])) for name, report in reports().items()}


@pytest.mark.parametrize("name", ["curve", "noisy", "graph", "evil"])
def test_pages_are_well_formed_and_load_nothing(shown, name):
    """Every element is closed where it should be; no address but XML's; no handler or style attribute."""
    _, text = shown[name]
    reader = read(text)
    for _, attributes in reader.elements:
        assert not any(key.startswith("on") or key in ("style", "src", "href") for key in attributes)
    assert len(reader.of("script")) == 2
    policy = next(a["content"] for a in reader.of("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert render_power_html([reports()[name]]) == text


@pytest.mark.parametrize("name", ["curve", "noisy", "graph", "evil"])
def test_the_data_inside_is_the_json_document(shown, name):
    """What the page holds as data is what --json prints."""
    report, text = shown[name]
    inside = re.search(r'<script type="application/json" id="power">(.*?)</script>', text, re.DOTALL)
    assert json.loads(inside[1]) == [json.loads(json.dumps(report_document(report)))]


def test_the_table_has_the_numbers_of_the_document(shown):
    """Four decimals of the value and of both ends, state by state, discount by discount."""
    report, text = shown["curve"]
    cells = re.findall(r'<td>(\S+)<span class="interval-text">(\S+) to (\S+)</span></td>', text)
    document = report_document(report)
    expected = [
        tuple(f"{row['power'][state][key]:.4f}" for key in ("value", "low", "high"))
        for state in report.curve[0].names
        for row in document["curve"]
    ]
    assert cells == expected


def frames_of(text: str) -> list[tuple[bool, list[tuple[str, str]]]]:
    """Of each frame of the heat map whether it is hidden, and the (color, title) of its cells."""
    found = []
    for hidden, body in re.findall(r'<g class="cells( off)?"[^>]*>(.*?)\n</g>\n(?=<)', text, re.DOTALL):
        found.append(
            (
                bool(hidden),
                [(c, t) for t, c in re.findall(r'<title>(.*?)</title><rect class="color" fill="(.*?)"', body)],
            )
        )
    return found


def test_the_frames_of_the_animation_are_the_sweep(shown):
    """One frame a discount, with its values and intervals; without a script the last one is seen."""
    report, text = shown["curve"]
    frames = frames_of(text)
    assert [hidden for hidden, _ in frames] == [True, True, False]
    scale = Scale.over([float(v) for one in report.curve for v in one.value])
    for one, (_, cells) in zip(report.curve, frames, strict=True):
        assert cells == [
            (
                scale.color(float(one.value[i]))[0],
                f"{name}: POWER {one.value[i]:.4f}, between {one.low[i]:.4f} and {one.high[i]:.4f}",
            )
            for i, name in enumerate(one.names)
        ]
    slider = next(a for a in read(text).of("input"))
    assert (slider["min"], slider["max"], slider["value"], slider["type"]) == ("0", "2", "2", "range")
    assert slider["aria-label"] == "Discount"
    names = next(a for a in read(text).of("div") if "data-frames" in a)["data-frames"].split("|")
    assert names == [f"discount {g}" for g in DISCOUNTS]


def test_one_discount_has_no_player(shown):
    """Nothing to play, nothing hidden."""
    _, text = shown["noisy"]
    assert read(text).of("input") == []
    assert "data-frame" not in text.split("<script")[0]


def test_one_scale_serves_all_frames(shown):
    """Its ends are the least and the largest value of all, and are written beside it."""
    report, text = shown["curve"]
    values = [float(v) for one in report.curve for v in one.value]
    assert f"from {number_text(min(values))} (dark) to {number_text(max(values))} (light)" in text


def test_colors_grow_lighter_and_letters_stay_readable():
    """Lightness grows along the scale, and letters have a contrast of at least 4 on every color."""

    def luminance(color: str) -> float:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    found = [color_at(k / 200) for k in range(201)]
    lights = [luminance(color) for color, _ in found]
    assert all(a <= b + 0.002 for a, b in pairwise(lights))
    for light, (_, is_bright) in zip(lights, found, strict=True):
        contrast = (light + 0.05) / 0.05 if is_bright else 1.05 / (light + 0.05)
        assert contrast >= 4
    assert found[0][0] == f"#{ANCHORS[0]}"


def test_the_policy_is_drawn_with_every_optimal_action(shown):
    """One mark for each optimal action of each cell; the play begins at its dot and is told in words."""
    report, text = shown["noisy"]
    assert text.count('class="policy-mark') == sum(map(len, report.play.optimal))
    assert text.count('class="play-start"') == 1
    assert f"end at {report.play.end}" in text
    _, graph = shown["graph"]
    assert 'class="policy-mark' not in graph.split("<script")[0].split("</style>")[1]


def test_an_action_without_a_likeliest_place_is_written_not_guessed():
    """On slippery ice three places are as likely: no triangle, but the action's name; frozen states keep their disc."""
    lake = ow.formats.load("gym:FrozenLake-v1?map_name=4x4&is_slippery=true")
    play = play_sample(lake, discount=0.9, sample=3)
    picture = draw_policy(play)
    texts = {
        cell.node.states[0]: [text for text, _, kind in cell.lines if kind == "detail"]
        for cell in picture.heat.frames[0]
    }
    assert texts[lake.state("4")] == list(play.optimal[lake.state("4")])
    assert texts[lake.state("5")] == []
    assert [mark.title for mark in picture.marks if mark.title.startswith("5: ")] == ["5: stay"]
    assert not any(mark.title.startswith("4: ") for mark in picture.marks)


def test_only_states_asked_for_are_colored(shown):
    """--at colors some states; the others are drawn without a number."""
    _, text = shown["graph"]
    assert len(frames_of(text)[0][1]) == 2


def test_text_lines_fit_a_terminal(shown):
    """No line of the text is wider than 100 columns with names of usual length."""
    for name in ("curve", "noisy", "graph"):
        assert max(map(len, report_lines(shown[name][0]))) <= 100


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.2, 17.0), (0.5, 0.5), (0.81, 0.8101), (-1e-9, 1e-9)])
def test_ticks_are_few_round_and_inside(low, high):
    """Between one and seven, none outside."""
    ticks = nice_ticks(low, high)
    assert 1 <= len(ticks) <= 7
    assert all(low - 1e-6 <= tick <= high + 1e-6 for tick in ticks)


def test_the_command_writes_the_page_and_the_sample(tmp_path, capsys):
    """One command for every figure; the JSON has the sampled reward and the histogram asked for."""
    page = tmp_path / "page.html"
    arguments = ["power", "gallery:powerplay-grid", "--discount", ".6", "--samples", "64", "--seed", "2"]
    assert run([*arguments, "--sample", "7", "--histogram", "0,0", "--html", str(page), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    histogram = document["power"]["0,0"]["histogram"]
    assert sum(histogram["counts"]) + histogram["below"] + histogram["above"] == 64
    assert "histogram" not in document["power"]["1,1"]
    play = play_sample(ow.gallery.load("powerplay-grid"), discount=".6", sample=7, seed=2)
    assert document["sample"]["play"]["end"] == play.end
    assert [step["state"] for step in document["sample"]["play"]["steps"]] == [step.state for step in play.steps]
    assert "Reward 7 of the draw with seed 2" in page.read_text()
    assert run([*arguments, "--sample", "7"]) == 0
    assert "reward 7 of the draw with seed 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--discount", ".5", "--discounts", ".5,.6"], "expected one of"),
        (["--discounts", ".5,.6", "--sample", "1"], "--discount G with --sample"),
        (["--discounts", ".5,.6", "--exact"], "--discount G with --exact"),
        (["--discount", ".5", "--sample", "1", "--points", "sobol"], "independent points"),
        (["--discount", ".5", "--at", "hug", "--histogram", "candy"], "one of the states asked for"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, message, capsys):
    """A usage error, exit code 2."""
    assert run(["power", "gallery:candy", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_page_in_no_folder_is_refused_before_the_work(tmp_path, capsys):
    """The message names the folder."""
    place = tmp_path / "none" / "page.html"
    assert run(["power", "gallery:candy", "--discount", ".5", "--html", str(place)]) == 3
    assert "expected a folder to write into" in capsys.readouterr().err
