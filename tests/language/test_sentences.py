"""Sentences and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sentence_score import FILES, score
from sentence_table import meaning

HERE = Path(__file__).parent
DEV: list[dict[str, Any]] = yaml.safe_load((HERE / "dev.yaml").read_text("utf-8"))


def test_enough_sentences() -> None:
    assert len(DEV) >= 150


@pytest.mark.parametrize("case", DEV, ids=[c["say"] for c in DEV])
def test_meaning(case: dict[str, Any]) -> None:
    assert meaning(case["say"]) == case["means"]


@pytest.mark.parametrize("name", FILES)
def test_blind_sentences(name: str) -> None:
    """Written before the program saw them; the score must not fall."""
    good, total, wrong = score(HERE / name)
    assert total >= 30
    assert good / total >= 0.9, "\n".join(wrong)
