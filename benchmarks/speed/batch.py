"""`make bench-batch`: a hundred different photos of 24 megapixels in one look, through `fluxroom batch --uniform`.

The photos are made from a few of scikit-learn's and scikit-image's (photos.py); making them is not counted. Told: wall
time, photos a second, processor seconds and megabytes a photo, the peak of memory of all processes together (pages
that they share count in each) and of the largest, and how far the photos lay apart before and after.

    python benchmarks/speed/batch.py [--count N] [--uniform N] [--photos FOLDER] [--json] [--save] [more for batch ...]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import scale
from jobs import HERE
from photos import make_set

import history

RECIPE = HERE / "recipes" / "drama.yaml"
GOAL = 1.2
"""Seconds a photo on two cores: a hundred in two minutes."""
SETTLE = 60.0
"""Seconds between making the photos and the batch: what was written reaches the disk, and the load falls."""


class Memory:
    """Watches a process and all below it: the most bytes resident together, and of one of them."""

    def __init__(self, pid: int) -> None:
        self.together = self.largest = 0
        self._process, self._stop = psutil.Process(pid), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            sizes = [0]
            with suppress(psutil.Error):
                for process in [self._process, *self._process.children(recursive=True)]:
                    with suppress(psutil.Error):
                        sizes.append(process.memory_info().rss)
            self.together = max(self.together, sum(sizes))
            self.largest = max(self.largest, max(sizes))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def measure(photos: Path, count: int, uniform: float, more: list[str], folder: Path) -> dict[str, Any]:
    listed = [photos / f"photo{n:03d}.jpg" for n in range(count)]
    command = [sys.executable, "-m", "fluxroom", "batch", "-", str(folder / "out"), "--recipe", str(RECIPE)]
    command += ["--uniform", str(uniform), "--json", *more]
    (folder / "list").write_text("\n".join(map(str, listed)) + "\n", encoding="utf-8")
    with (folder / "list").open("rb") as names, (folder / "report").open("wb") as report:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=names, stdout=report)
        memory = Memory(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    memory.stop()
    if process.returncode not in (0, 1):
        sys.exit("the batch failed; what went wrong stands above")
    told = json.loads((folder / "report").read_text(encoding="utf-8"))
    done = [entry for entry in told["photos"] if entry["status"] == "done"]
    worked = used.ru_utime + used.ru_stime
    stages = sorted({stage for entry in done for stage in entry["seconds"]})
    return {
        "photos": count,
        "done": len(done),
        "failed": [entry["reason"] for entry in told["photos"] if entry["status"] == "failed"],
        "uniform": uniform,
        "more": more,
        "seconds": round(seconds, 2),
        "photos_a_second": round(len(done) / seconds, 3),
        "processor_seconds_a_photo": round(worked / max(1, len(done)), 3),
        "mb_in_a_photo": round(sum(p.stat().st_size for p in listed) / 1e6 / count, 2),
        "mb_out_a_photo": round(sum(p.stat().st_size for p in (folder / "out").glob("*.jpg")) / 1e6 / count, 2),
        "journal": scale.measure(folder / "out" / ".fluxroom-batch" / "journal", folder),
        "stages": {s: round(statistics.median(e["seconds"].get(s, 0.0) for e in done), 3) for s in stages},
        "peak_mib": round(memory.together / 2**20),
        "largest_mib": round(memory.largest / 2**20),
        "spread": told["spread"],
    }


def words(figures: dict[str, Any]) -> str:
    f = figures
    goal = f", goal {GOAL * f['photos']:.0f} s on two cores"
    lines = [
        f"{f['done']} of {f['photos']} photos in {f['seconds']:.1f} s{goal}; {f['photos_a_second']:.2f} a second",
        f"a photo: processor {f['processor_seconds_a_photo']:.2f} s; {f['mb_in_a_photo']:.1f} MB in,"
        f" {f['mb_out_a_photo']:.1f} MB out, {f['journal']['bytes_a_photo']} bytes of journal",
        "in the middle: " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in f["stages"].items()),
        f"peak memory {f['peak_mib']} MiB together, the largest process {f['largest_mib']} MiB",
    ]
    j = f["journal"]
    lines.append(
        f"journal: {j['written_a_second']} photos a second written and flushed; read back in"
        f" {j['read_us_a_photo']:.0f} us and {j['memory_bytes_a_photo']} bytes of memory a photo"
    )
    before, after = f["spread"]["before"], f["spread"]["after"]
    lines += [f"spread {key}: {before[key]:.2f} -> {after[key]:.2f}" for key in before if key in after]
    return "\n".join([*lines, *(f"failed: {reason}" for reason in f["failed"])])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--uniform", type=float, default=0.7)
    parser.add_argument("--photos", type=Path, help="where the photos are made, or were before, and stay")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--save", action="store_true", help=f"append to {history.FILE.relative_to(history.ROOT)}")
    options, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="fluxroom-bench-") as folder:
        photos = options.photos or Path(folder) / "photos"
        print(f"making {options.count} photos ...", file=sys.stderr)
        if make_set(photos, options.count, os.cpu_count() or 1):
            time.sleep(SETTLE)
        if busy := history.busy():
            print(busy, file=sys.stderr)
        row = history.begin("batch")
        row["results"] = measure(photos, options.count, options.uniform, more, Path(folder))
        row = history.end(row)
    if options.save:
        history.append(row)
    print(json.dumps(row, ensure_ascii=False, indent=2) if options.json else words(row["results"]))
    return 1 if row["results"]["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
