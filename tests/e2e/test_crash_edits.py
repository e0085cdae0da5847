"""kill -9 at random moments during edits: history opens, every finished version is there, no half-written picture."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

import fluxroom

EDITS = int(os.environ.get("FLUXROOM_CRASH_EDITS", "10"))
CHILD = Path(__file__).with_name("crash_edits_child.py")


def _work_and_kill(photo: Path, library: Path, out: Path, log: Path, chance: random.Random) -> dict[int, str]:
    """Start the child, let it finish a few edits, kill it in the middle of one; what it had reported."""
    complaints = log.with_suffix(".err")
    with log.open("wb") as stdout, complaints.open("wb") as stderr:
        command = [sys.executable, str(CHILD), str(photo), str(library), str(out)]
        child = subprocess.Popen(command, stdout=stdout, stderr=stderr)
    try:
        wanted = 1 + chance.randrange(1, max(2, EDITS // 10 + 2))
        deadline = time.monotonic() + 120
        while log.read_bytes().count(b"\n") < wanted and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.3)
    finally:
        child.kill()
        child.wait()
    text = log.read_text()
    whole = text[: text.rfind("\n") + 1].splitlines()
    assert whole, complaints.read_text()
    assert whole[0] == "ready"
    return {int(number): result for number, result in (line.split() for line in whole[1:])}


def test_kill_at_random_moments(tmp_path: Path) -> None:
    photo, library, out = tmp_path / "beach.png", tmp_path / "library", tmp_path / "out"
    out.mkdir()
    from importlib.util import find_spec

    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    with Image.open(Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg") as image:
        image.resize((160, 107)).save(photo)
    original = photo.read_bytes()
    chance = random.Random(7)
    reported: dict[int, str] = {}
    kills = 0
    while len(reported) < EDITS:
        new = _work_and_kill(photo, library, out, tmp_path / "log.txt", chance)
        assert not set(new) & set(reported)
        reported.update(new)
        kills += 1
        opened = fluxroom.open(photo, library=library)
        stored = {v.number: v.result for v in opened.versions()}
        assert reported.items() <= stored.items()
        assert sorted(stored) == list(range(1, len(stored) + 1))
        assert opened.current == len(stored)
    with sqlite3.connect(library / "history.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    for picture in out.glob("v*.png"):
        with Image.open(picture) as image:
            image.load()
    assert photo.read_bytes() == original
    for number in sorted(chance.sample(sorted(reported), 3)):
        again = opened.replay(number)
        assert again.version is not None
        assert again.version.result == reported[number]
    print(f"\n{len(reported)} edits reported, {len(stored)} stored, {kills} kills")
