"""The HTML report: well formed, self-contained, the same bytes again, and every name only a name."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from report_answers import ANSWERS, EVIL_NAMES

from orbitwise.errors import InvalidInput
from orbitwise.evidence.answer import SCOPE
from orbitwise.evidence.kinds import OrbitCount
from orbitwise.report.contract import answer_document
from orbitwise.report.html import render_html, write_html
from orbitwise.report.page import make_page
from orbitwise.report.sentences import plain
from orbitwise.report.wording import headline

VOID = {"meta", "link", "br", "hr", "img", "input"}
DOCUMENT_TAGS = "html head meta title style script body main header footer section details summary button"
TEXT_TAGS = "p h1 h2 h3 dl div dt dd bdi code pre span data b ul li table caption thead tbody tfoot tr th td"
DRAWING_TAGS = "svg defs marker g path rect circle line text"
OUR_TAGS = {*DOCUMENT_TAGS.split(), *TEXT_TAGS.split(), *DRAWING_TAGS.split()}


class Reader(HTMLParser):
    """Collects elements and checks that each one is closed where it should be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(set(names)) == len(names), f"an attribute of {tag} twice"
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def text_in(self, tag):
        return "".join(text for inside, text in self.texts if inside == tag)


def read(text):
    """The elements of a page that is closed properly."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def pages(answers):
    return {name: render_html(answer) for name, answer in answers.items()}


@pytest.fixture(params=ANSWERS)
def named(request, answers, pages):
    return request.param, answers[request.param], pages[request.param]


def test_every_page_is_well_formed(named):
    """Each element is closed in order; ids are unique; labels refer to ids that exist."""
    reader = read(named[2])
    ids = Counter(attributes["id"] for _, attributes in reader.elements if "id" in attributes)
    assert not [name for name, count in ids.items() if count > 1]
    for _, attributes in reader.elements:
        assert attributes.get("aria-labelledby", next(iter(ids))) in ids


def test_every_drawing_is_xml(named):
    """Each inline SVG parses as XML and has a name for those who cannot see it, or is hidden from them."""
    drawings = re.findall(r"<svg.*?</svg>", named[2], re.DOTALL)
    assert drawings
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)  # noqa: S314 - we wrote it
        assert root.get("aria-hidden") == "true" or root.get("aria-label")


def test_the_answer_is_the_only_first_heading(named):
    """One h1, with the headline; then h2, and h3 only below them."""
    _, answer, text = named
    reader = read(text)
    levels = [tag for tag, _ in reader.elements if tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[:2] == ["h1", "h2"]
    assert levels.count("h1") == 1
    assert set(levels) <= {"h1", "h2", "h3"}
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL).group(1)
    shown = Reader()
    shown.feed(heading)
    assert "".join(data for _, data in shown.texts).strip() == plain(headline(answer)[1])


def test_every_number_is_the_number_of_the_page(named):
    """Each <data> value is a number of the page's data, exactly; estimates to the last bit."""
    _, answer, text = named
    page = make_page(answer)
    expected = [str(share.value) for share in page.shares]
    if page.orbit:
        count = page.orbit.count
        rows = [count.prefer_only, count.both, count.over_only] if count.both else [count.prefer_only, count.over_only]
        expected += [str(x) for n in rows for x in (n, Fraction(n, count.size))] + [str(count.size), "1"]
    expected += [str(certificate.bound) for certificate in page.certificates[:1]]
    if page.witness:
        expected += [str(bar.value) for bar in page.witness.bars]
    assert [attributes["value"] for attributes in read(text).of("data")] == expected


def test_the_shares_are_those_of_the_answer(answers):
    """Bound, witness, count and the other bound of candy, as exact numbers with words beside them."""
    shares = make_page(answers["candy"]).shares
    assert [(share.kind, share.value) for share in shares] == [
        ("bound", Fraction(2, 3)),
        ("witness", Fraction(2, 3)),
        ("reward", Fraction(2, 3)),
        ("other", Fraction(1, 2)),
    ]
    assert shares[0].words == "at least 2/3 (66.7%)"


def test_marks_on_the_axis_stand_at_their_share(answers, pages):
    """The edge of the bound 51/53 and the dot of the witness 219/220 are where they belong, in percent."""
    lanes = re.findall(r'<tr class="(\w+)">.*?</tr>', pages["two_against_51"], re.DOTALL)
    assert lanes == ["bound", "witness", "other"]
    rows = re.findall(r"<tr class=.*?</tr>", pages["two_against_51"], re.DOTALL)
    edge = float(re.search(r'class="edge" x1="([\d.]+)%"', rows[0]).group(1))
    dot = float(re.search(r'class="dot" cx="([\d.]+)%"', rows[1]).group(1))
    assert edge == pytest.approx(100 * 51 / 53, abs=1e-3)
    assert dot == pytest.approx(100 * 219 / 220, abs=1e-3)


def test_each_orbit_element_is_one_mark(answers, pages):
    """Candy's orbit has 40 filled circles and 20 hollow squares; hovering tells each reward."""
    orbit = re.search(r'<svg class="orbit".*?</svg>', pages["candy"], re.DOTALL).group(0)
    root = ElementTree.fromstring(orbit)  # noqa: S314 - we wrote it
    kinds = Counter(child.tag for mark in root for child in mark if child.tag != "title")
    assert kinds == {"circle": 40, "rect": 20}
    titles = {mark.find("title").text for mark in root}
    assert len(titles) == 60
    assert "candy = 1, chocolate = 1/2, hug = 1/4, the 2 others = 0: best value 1/2 for Wait!, 1 for candy" in titles


def test_values_of_a_mark_name_states_of_the_picture(pages):
    """The data that hovering writes into the picture refers to drawn states and listed values."""
    text = pages["candy"]
    states = set(re.findall(r'data-state="(\d+)"', text))
    values = re.search(r'data-values="([^"]*)"', text).group(1).split("|")
    assert sorted(values) == ["1", "1/2", "1/4"]
    for changes in re.findall(r'data-reward="([^"]*)"', text):
        for change in changes.split():
            state, code = change.split(":")
            assert state in states
            assert int(code) < len(values)


def test_large_orbits_are_bars_in_proportion(answers):
    """Without marks the three parts of the bar add up to 100%."""
    answer = answers["two_against_51"]
    reward = tuple(Fraction(i) for i in range(56))
    text = render_html(replace(answer, reward=reward, reward_text="ranks", count=OrbitCount(6, 3, 1)))
    huge = 10**5000
    enormous = replace(answer, reward=reward, reward_text="ranks", count=OrbitCount(2 * huge, huge, 0))
    for shown in (render_html(enormous), str(enormous), json.dumps(answer_document(enormous))):
        assert "2/3" in shown
    widths = re.findall(r'<rect class="part (\w+)" x="[\d.]+%" y="2" width="([\d.]+)%"', text)
    assert [(kind, float(width)) for kind, width in widths] == [("a", 60.0), ("tie", 10.0), ("b", 30.0)]


def test_hovering_needs_buttons_that_have_arcs(pages):
    """Each permutation is a button, and each button has its drawn swap."""
    reader = read(pages["candy"])
    buttons = [attributes["data-move"] for attributes in reader.of("button")]
    drawn = [a["data-move"] for tag, a in reader.elements if tag == "g" and a.get("class") == "move"]
    assert buttons == drawn == ["0", "1"]


def test_names_are_never_markup(pages):
    """No element, attribute or script comes from a name: the page has only its own."""
    reader = read(pages["hostile"])
    scripts = reader.of("script")
    assert scripts == [{"type": "application/json", "id": "answer"}, {}]
    assert len(reader.of("b")) == len(reader.of("button"))
    assert {tag for tag, _ in reader.elements} <= OUR_TAGS
    for _, attributes in reader.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert "alert" not in reader.text_in("script").replace(json_of(pages["hostile"]), "")
    assert "alert" not in reader.text_in("style")


def json_of(text):
    """The text of the JSON block."""
    return re.search(r'<script type="application/json" id="answer">(.*?)</script>', text, re.DOTALL).group(1)


def test_names_are_shown_as_they_are(pages):
    """What looks like markup is readable as text; controls are escapes; templates are not evaluated."""
    reader = read(pages["hostile"])
    shown = "".join(text for inside, text in reader.texts if inside not in ("script", "style"))
    for name in (*EVIL_NAMES[:5], *EVIL_NAMES[6:9], *EVIL_NAMES[10:]):
        assert name in shown, name
    assert "bell\\x07 esc\\x1b[31m over\\u202eride" in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", pages["hostile"])


def test_the_data_inside_cannot_end_its_element(pages, answers):
    """The JSON block holds the answer of the contract, without time and certificate, whatever names say."""
    block = json_of(pages["hostile"])
    assert "<" not in block
    document = answer_document(answers["hostile"])
    del document["seconds"], document["lower"]["certificate"]
    for claim in (document["lower"], *document["others"]):
        del claim["seconds"]
    assert json.loads(block) == document


def test_the_policy_allows_exactly_our_style_and_script(named):
    """Everything is forbidden but the two blocks whose hashes the policy names; nothing is loaded from anywhere."""
    text = named[2]
    policy = next(a["content"] for a in read(text).of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)
    digests = [base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in (style, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?://|//cdn|@import|url\((?!#)", style + script)


def test_the_same_answer_gives_the_same_bytes(named):
    """Rendering again, or after another time, changes nothing."""
    _, answer, text = named
    assert render_html(replace(answer, seconds=123.0)) == text


def test_the_certificate_is_there_to_be_verified(pages, answers):
    """The page shows the whole certificate and the command that checks it."""
    reader = read(pages["candy"])
    shown = re.search(r'<pre class="data"[^>]*>(.*?)</pre>', pages["candy"], re.DOTALL).group(1)
    data = Reader()
    data.feed(shown)
    assert json.loads("".join(text for _, text in data.texts)) == answers["candy"].best.document
    assert "orbitwise verify certificate.json" in reader.text_in("pre")


def test_scope_and_provenance_are_on_every_page(named):
    """The scope sentence, seed, version and hash; no date and no duration."""
    _, answer, text = named
    assert SCOPE in text
    for piece in (answer.input_sha256, "<dt>seed</dt><dd><code>7</code>", answer.version):
        assert piece in text


def test_reasons_for_no_certificate_are_told(pages):
    """Theorems with the same reason are told together, once."""
    assert "T1, T2, T3" in pages["gridworld"]
    for_people = pages["gridworld"].replace(json_of(pages["gridworld"]), "")
    assert for_people.count("more than 20,000 simple cycles") == 1


def test_the_file_is_written_whole(tmp_path, answers, pages):
    """The file has the rendered text, and nothing lies beside it."""
    target = tmp_path / "candy.html"
    target.write_text("old")
    answers["candy"].to_html(target)
    assert target.read_text(encoding="utf-8") == pages["candy"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_bad_path_is_refused_and_nothing_is_left(tmp_path, answers):
    """A folder, or a file in a folder that does not exist."""
    for path in (tmp_path, tmp_path / "missing" / "candy.html"):
        with pytest.raises(InvalidInput):
            write_html(answers["candy"], path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_in_notes", [True, False])
def test_the_note_of_a_certificate_is_shown_once(answers, is_in_notes):
    """Among the notes of the answer when it is there, else beside the certificate."""
    note = "of 3 states only 2 were tried"
    best = replace(answers["gridworld"].best, note=note)
    answer = replace(answers["gridworld"], certificates=(best,), notes=(note,) if is_in_notes else ())
    reader = Reader()
    reader.feed(render_html(answer))
    shown = [text for tag, text in reader.texts if note in text and tag not in ("script", "pre")]
    assert len(shown) == 1


def test_a_proof_that_names_no_outcomes_has_no_table_of_parts(answers):
    """Coming back is told in words; every other proof has its table."""
    for name in ("returning", "candy"):
        reader = Reader()
        reader.feed(render_html(answers[name]))
        tables = [attributes for attributes in reader.of("table") if attributes.get("class") == "parts"]
        assert len(tables) == (name == "candy")
