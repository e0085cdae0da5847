"""docs/looks.md lists the looks that there are."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    page = importlib.import_module("looks_page")
    assert (ROOT / "docs" / "looks.md").read_text("utf-8") == page.page(), "run make looks-page"
    assert (ROOT / "docs" / "pictures" / "looks.jpg").stat().st_size <= 200_000
