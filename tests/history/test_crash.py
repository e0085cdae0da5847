"""kill -9 at random moments: what was said to be stored is there, and everything is readable."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from fluxroom.history import Library

KILLS = int(os.environ.get("FLUXROOM_KILLS", "20"))
CHILD = Path(__file__).with_name("crash_child.py")


def _run_and_kill(library: Path, photos: str, out: Path, seconds: float) -> dict[str, dict[int, int]]:
    """Start a writer for each photo, let them work, kill them, return what they had reported: number -> seed."""
    files = {photo: out / f"{photo}.txt" for photo in photos}
    processes = []
    for photo, file in files.items():
        with file.open("wb") as stdout:
            command = [sys.executable, str(CHILD), str(library), photo]
            processes.append(subprocess.Popen(command, stdout=stdout, stderr=subprocess.STDOUT))
    deadline = time.monotonic() + 30
    while any(f.stat().st_size == 0 for f in files.values()) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(seconds)
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()
    reports: dict[str, dict[int, int]] = {}
    for photo, file in files.items():
        text = file.read_text()
        whole = text[: text.rfind("\n") + 1].splitlines()  # a line cut in half does not count
        reports[photo] = {int(number): int(seed) for number, seed in (line.split() for line in whole)}
        assert reports[photo], text
    return reports


def test_two_writers_killed_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(20)
    stored: dict[str, dict[int, int]] = {"a": {}, "b": {}}
    for _ in range(KILLS // 2):  # two processes each
        reports = _run_and_kill(tmp_path / "library", "ab", tmp_path, chance.random() * 0.15)
        library = Library(tmp_path / "library")
        for photo, report in reports.items():
            stored[photo].update(report)
            log = {v.number: v.seed for v in library.log(photo * 64)}
            assert stored[photo].items() <= log.items()
            assert sorted(log) == list(range(1, len(log) + 1))
            assert library.current(photo * 64) == len(log)
