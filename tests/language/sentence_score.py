"""Scores the sentences of blind.txt: `python tests/language/sentence_score.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sentence_table import meaning

from fluxroom.errors import FluxroomError
from fluxroom.language import interpret

FILES = ("blind.txt", "blind2.txt")


def _unknown(text: str) -> tuple[str, ...]:
    try:
        return interpret(text).not_understood
    except FluxroomError as error:
        return (str(error),)


def right(text: str, expected: str) -> bool:
    """Is the meaning one of the accepted ones, whole and exactly?"""
    got = meaning(text).replace("%", "")
    for option in expected.split(" OR "):
        want = option.strip().replace("%", "")
        if want.startswith("UNKNOWN "):
            if any(want.removeprefix("UNKNOWN ") in word for word in _unknown(text)):
                return True
        elif got == want:
            return True
    return False


def score(path: Path) -> tuple[int, int, list[str]]:
    """How many are right, of how many, and the wrong ones."""
    lines = [line.split("  =>  ") for line in path.read_text("utf-8").splitlines() if "  =>  " in line]
    wrong = [f"{text}\n    want {want}\n    got  {meaning(text)}" for text, want in lines if not right(text, want)]
    return len(lines) - len(wrong), len(lines), wrong


if __name__ == "__main__":
    for name in FILES:
        file = Path(__file__).parent / name
        if file.exists():
            good, total, wrong = score(file)
            print("\n".join(wrong))
            print(f"{name}: {good}/{total}")
