"""The reference of operators tells what the program declares, and each family has a page."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from fluxroom.operators import all_operators

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "operators"


def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("operator_pages", ROOT / "tools" / "operator_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date() -> None:
    written = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert written == pages().reference(), "run `make operator-pages`"


def test_every_operator_is_on_a_page_with_a_picture() -> None:
    text = {p.stem: p.read_text(encoding="utf-8") for p in DOCS.glob("*.md") if p.stem not in ("README", "reference")}
    missing = [o.name for o in all_operators() if not any(f"`{o.name}`" in t for t in text.values())]
    assert not missing
    for name, page in text.items():
        if name != "frame":
            assert f"({name}.jpg)" in page, f"{name}.md shows no picture"
            assert (DOCS / f"{name}.jpg").is_file()
