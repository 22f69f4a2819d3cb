"""Draw one run of ``solve.py`` and write its tables into the documentation.

    python benchmarks/_picture.py [--check]

Reads ``docs/benchmarks.json``, writes ``docs/benchmarks.svg`` and the tables between the markers of
``docs/benchmarks.md``. With ``--check`` it writes nothing and fails where a file is not what it would write.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parents[1] / "docs"
LEFT, RIGHT, TOP, STEP = 250, 830, 70, 30  # pixels
OURS, ONE, MANY, FALSE = "#0b5fa5", "#6b6b6b", "#c25e00", "#b3261e"
BEGIN, END = "<!-- begin: {} -->", "<!-- end: {} -->"


def main() -> None:
    """Write the picture and the tables, or check them."""
    document = json.loads((DOCS / "benchmarks.json").read_text(encoding="utf-8"))
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    rows, streams = document["rows"], document["memory"]
    tables = {"times": times(rows), "signs": signs(rows), "peers": peers(rows), "memory": memory(streams)}
    for name, table in tables.items():
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = page.split(begin)
        page = f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}"
    stale = []
    for name, text in (("benchmarks.svg", picture(document["rows"])), ("benchmarks.md", page)):
        if "--check" not in sys.argv:
            (DOCS / name).write_text(text, encoding="utf-8")
        elif (DOCS / name).read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.exit(f"not what docs/benchmarks.json gives: {', '.join(stale)}; run python benchmarks/_picture.py")


def times(rows: list[dict]) -> str:
    """Our times as a Markdown table, with the best right peer of each kind."""
    lines = [
        "| work | discount | us per reward | error at most | best one at a time | ratio | best batched | ratio "
        "| share of limit | two threads |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row["work"], label(row), f"{row['us_per_reward']:.3g}", f"{row['max_error']:.0e}"]
        for batched in (False, True):
            found = best(row, batched=batched)
            cells += ["-", "-"] if found is None else [f"{found[1]:,.4g} ({found[0]})", ratio(found[1], row)]
        share, faster = row["share_of_limit"], row["two_threads_speedup"]
        cells += ["-" if share is None else f"{share:.0%}", "-" if faster is None else f"{faster:.2f}x"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def signs(rows: list[dict]) -> str:
    """What a decided comparison takes."""
    lines = [
        "| work | discount | us per sign | exact ties | undecided | wall clock of all |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row["us_per_sign"] is not None:
            wall = "-" if row["ms_for_all"] is None else f"{row['n_rewards']:,} in {row['ms_for_all']:.2g} ms"
            ties = "-" if row["ties"] is None else row["ties"]
            cells = [row["work"], label(row), f"{row['us_per_sign']:.3g}", ties, row["undecided"], wall]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def memory(streams: list[dict]) -> str:
    """The peak of a process that does one work."""
    lines = ["| work | rewards | peak, MiB | wall clock, s |", "|---|---|---|---|"]
    for row in streams:
        lines.append(f"| {row['work']} | {row['rewards']:,} | {row['peak_mib']:,.0f} | {row['seconds']:.2g} |")
    return "\n".join(lines)


def peers(rows: list[dict]) -> str:
    """Every peer's time, and its error where it is wrong."""
    rows = [row for row in rows if row["peers"] or row["peers_failed"]]
    names = list(dict.fromkeys(name for row in rows for name in (*row["peers"], *row["peers_failed"])))
    lines = [f"| work | discount | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for row in rows:
        cells = [row["work"], label(row)]
        for name in names:
            us, why = row["peers"].get(name), row["peers_failed"].get(name)
            if us is None:
                cells.append(why or "")
            elif name in row["peers_wrong"]:
                cells.append(f"wrong by {row['peer_errors'][name]:.2g} ({us:,.4g})")
            else:
                cells.append(f"{us:,.4g}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def label(row: dict) -> str:
    """The discount, or what there is in its place."""
    if row["discount"] is not None:
        return f"{row['discount']:g}"
    return "-" if row["work"].startswith("explicit") else "average"


def best(row: dict, *, batched: bool) -> tuple[str, float] | None:
    """The fastest peer whose answers are right."""
    right = [(us, n) for n, us in row["peers"].items() if n not in row["peers_wrong"] and ("batched" in n) == batched]
    return min(right)[::-1] if right else None


def ratio(us: float, row: dict) -> str:
    """How many times as long a peer takes."""
    return f"{us / row['us_per_reward']:,.3g}x"


def picture(rows: list[dict]) -> str:
    """A line for each work, times on a logarithmic axis; each discounted work at its largest discount."""
    shown = [row for row in rows if row["peers"] and row["discount"] in (None, largest_discount(rows, row["work"]))]
    every = [us for row in shown for us in (row["us_per_reward"], *row["peers"].values())]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))

    def x(us: float) -> float:
        return LEFT + (math.log10(us) - low) / (high - low) * (RIGHT - LEFT)

    bottom = TOP + STEP * len(shown)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {RIGHT + 30} {bottom + 45}" role="img" '
        'font-family="sans-serif" font-size="13">',
        "<title>Processor microseconds per reward, orbitwise and other programs</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *legend(),
    ]
    for power in range(low, high + 1):
        at = x(10.0**power)
        parts.append(f'<line x1="{at:.1f}" y1="{TOP - 12}" x2="{at:.1f}" y2="{bottom - 8}" stroke="#dddddd"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 10}" text-anchor="middle" fill="#333333">{axis(power)}</text>')
    parts.append(
        f'<text x="{(LEFT + RIGHT) / 2}" y="{bottom + 32}" text-anchor="middle" fill="#333333">'
        "processor time per reward on one core (logarithmic)</text>"
    )
    for i, row in enumerate(shown):
        y = TOP + STEP * i
        tag = label(row)
        parts.append(
            f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end" fill="#111111">'
            f"{escape(row['work'])}{'' if tag == '-' else f', {tag}'}</text>"
        )
        parts += [mark(x(us), y, name, us, wrong=name in row["peers_wrong"]) for name, us in row["peers"].items()]
        parts.append(
            f'<circle cx="{x(row["us_per_reward"]):.1f}" cy="{y}" r="7" fill="{OURS}">'
            f"<title>orbitwise: {row['us_per_reward']:.3g} us</title></circle>"
        )
    return "\n".join([*parts, "</svg>\n"])


def largest_discount(rows: list[dict], work: str) -> float | None:
    """The largest discount at which a work was timed."""
    return max((row["discount"] for row in rows if row["work"] == work and row["discount"] is not None), default=None)


def axis(power: int) -> str:
    """A power of ten microseconds in the unit that reads best."""
    return (
        f"{10**power:g} us" if power < 3 else f"{10 ** (power - 3):g} ms" if power < 6 else f"{10 ** (power - 6):g} s"
    )


def mark(x: float, y: float, name: str, us: float, *, wrong: bool) -> str:
    """A peer: a circle solves one reward at a time, a square many, a cross is wrong."""
    title = f"<title>{escape(name)}: {us:,.4g} us{', wrong' if wrong else ''}</title>" if us else ""
    if wrong:
        path = f"M{x - 5:.1f} {y - 5}l10 10m0 -10l-10 10"
        return f'<path d="{path}" stroke="{FALSE}" stroke-width="2.5" fill="none">{title}</path>'
    if "batched" in name:
        return (
            f'<rect x="{x - 5:.1f}" y="{y - 5}" width="10" height="10" fill="{MANY}" fill-opacity=".75">{title}</rect>'
        )
    return f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{ONE}" fill-opacity=".75">{title}</circle>'


def legend() -> list[str]:
    """What the marks mean."""
    texts = ("orbitwise", "one reward at a time", "batched", "wrong answers")
    marks = (
        f'<circle cx="{LEFT}" cy="24" r="7" fill="{OURS}"/>',
        mark(LEFT + 115, 24, "", 0, wrong=False),
        mark(LEFT + 280, 24, "batched", 0, wrong=False),
        mark(LEFT + 370, 24, "", 0, wrong=True),
    )
    places = (LEFT + 14, LEFT + 127, LEFT + 292, LEFT + 382)
    return [
        part
        for drawn, place, text in zip(marks, places, texts, strict=True)
        for part in (drawn, f'<text x="{place}" y="28" fill="#111111">{text}</text>')
    ]


if __name__ == "__main__":
    main()
