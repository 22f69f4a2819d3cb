"""One answer of each kind, built once; see report_answers.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import report_answers

from orbitwise.evidence.answer import Answer


@pytest.fixture(scope="session")
def answers() -> dict[str, Answer]:
    return {name: build() for name, build in report_answers.ANSWERS.items()}


@pytest.fixture(params=report_answers.ANSWERS)
def answer(request: pytest.FixtureRequest, answers: dict[str, Answer]) -> Answer:
    return answers[request.param]
