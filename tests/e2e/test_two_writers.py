"""Two processes edit one photo in one library at once: nothing is lost or mixed up, all replays to the same bytes."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

import fluxroom

SECONDS = float(os.environ.get("FLUXROOM_WRITE_SECONDS", "3"))
CHILD = Path(__file__).with_name("crash_edits_child.py")


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    photo, library = tmp_path / "temple.png", tmp_path / "library"
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    with Image.open(Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg") as image:
        image.resize((160, 107)).save(photo)
    logs = [tmp_path / "one.txt", tmp_path / "two.txt"]
    writers = []
    for log in logs:
        out = log.with_suffix("")
        out.mkdir()
        with log.open("wb") as stdout, log.with_suffix(".err").open("wb") as stderr:
            command = [sys.executable, str(CHILD), str(photo), str(library), str(out)]
            writers.append(subprocess.Popen(command, stdout=stdout, stderr=stderr))
    started = time.monotonic()
    while any(log.read_bytes().count(b"\n") < 2 for log in logs) and time.monotonic() < started + 120:
        time.sleep(0.05)
        assert all(writer.poll() is None for writer in writers), [log.with_suffix(".err").read_text() for log in logs]
    time.sleep(SECONDS)
    stopped_early = [writer.poll() for writer in writers]
    for writer in writers:
        writer.kill()
        writer.wait()
    assert stopped_early == [None, None], [log.with_suffix(".err").read_text() for log in logs]

    reported: list[tuple[int, str]] = []
    for log in logs:
        text = log.read_text()
        lines = text[: text.rfind("\n") + 1].splitlines()[1:]
        assert len(lines) >= 1
        reported += [(int(number), result) for number, result in (line.split() for line in lines)]
    assert len({number for number, _ in reported}) == len(reported)
    opened = fluxroom.open(photo, library=library)
    stored = {v.number: v for v in opened.versions()}
    assert set(reported) <= {(v.number, v.result) for v in stored.values()}
    assert sorted(stored) == list(range(1, len(stored) + 1))
    assert len(stored) - len(reported) <= len(writers)
    assert all(v.parent is None or v.parent < v.number for v in stored.values())
    connection = sqlite3.connect(library / "history.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    for number, result in random.Random(3).sample(sorted(reported), min(len(reported), 12)):
        again = opened.replay(number)
        assert again.version is not None
        assert again.version.result == result
    print(f"\n{SECONDS:g} s: {len(reported)} edits reported by two processes, {len(stored)} stored")
