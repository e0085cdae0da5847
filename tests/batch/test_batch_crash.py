"""kill -9 at random moments, and again: each photo exactly once, none lost, none half-written.

FLUXROOM_BATCH_KILLS says how often (`make batch-crash-test`: 50).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from batch_samples import WORDS, drawn, results
from PIL import Image

from fluxroom.batch.journal import decode_lines

KILLS = int(os.environ.get("FLUXROOM_BATCH_KILLS", "8"))
PHOTOS = 3 * KILLS


def _command(photos: Path, out: Path) -> list[str]:
    command = [sys.executable, "-m", "fluxroom", "batch", str(photos), str(out), WORDS]
    return [*command, "--workers", "2", "--no-review", "--quiet"]


def _done(journal: Path) -> list[str]:
    """Keys of "done" lines that are whole, in the order they were written."""
    content = journal.read_bytes() if journal.exists() else b""
    return [key for kind, key, _, _ in decode_lines(content) if kind == "done"]


def _kill_soon(photos: Path, out: Path, chance: random.Random) -> bool:
    """Start, kill at a random moment, the whole group as a power cut would; whether it was still running."""
    journal = out / ".fluxroom-batch" / "journal"
    before = len(_done(journal))
    process = subprocess.Popen(_command(photos, out), start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        # Half of the moments from the start on, half after the first result: that is where there is most to break.
        if chance.random() < 0.5:
            deadline = time.monotonic() + 120
            while len(_done(journal)) == before and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.3)
        else:
            time.sleep(chance.random() * 3)
        alive = process.poll() is None
    finally:
        if chance.random() < 0.5:
            with suppress(ProcessLookupError):  # it was done already
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()  # the one with the journal alone: its workers must end by themselves
        process.wait()
    return alive


def test_killed_at_random_moments_each_photo_is_done_once(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for i in range(PHOTOS):
        drawn(i % 6).resize((100 + i, 70 + i // 2)).save(photos / f"{i:03d}.jpg")
    originals = {f.name: f.read_bytes() for f in photos.iterdir()}
    chance = random.Random(11)
    whole: dict[str, bytes] = {}
    kills = 0
    for _ in range(KILLS):
        kills += _kill_soon(photos, out, chance)
        now = results(out) if out.exists() else {}
        for name, content in whole.items():
            assert now[name] == content  # what was there stays as it was
        for name in now:
            with Image.open(out / name) as image:
                image.load()
        whole = now
    after = subprocess.run(_command(photos, out), capture_output=True, text=True, timeout=600)
    assert after.returncode == 0, after.stderr
    journal = out / ".fluxroom-batch" / "journal"
    times = Counter(_done(journal))
    assert len(times) == PHOTOS
    assert set(times.values()) == {1}
    assert sorted(results(out)) == sorted(originals)
    assert results(out).items() >= whole.items()
    assert not (out / ".fluxroom-batch" / "parts").exists()
    assert {f.name: f.read_bytes() for f in photos.iterdir()} == originals
    # An undisturbed batch gives the same bytes.
    fresh = subprocess.run(_command(photos, tmp_path / "fresh"), capture_output=True, text=True, timeout=600)
    assert fresh.returncode == 0, fresh.stderr
    assert results(tmp_path / "fresh") == results(out)
    print(f"\n{PHOTOS} photos, {kills} kills of a running batch, {len(whole)} results before the last run")
