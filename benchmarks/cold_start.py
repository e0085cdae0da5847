"""`make bench-cold`: how long a cold process takes, with files in memory and kernels compiled.

Each command runs once to warm the caches (kernels, byte code, the disk's), then five times; the median is told, and
with it the processor's seconds, which a busy machine changes less. The photo is china.jpg (danielbuechele, CC BY 2.0,
in the scikit-learn package), 640 x 427.

    python benchmarks/cold_start.py [--photo FILE] [--runs N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

SAY = "make the sky moodier, keep the building as it is"


def small_photo() -> Path:
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the photo comes with scikit-learn: pip install scikit-learn, or give --photo FILE")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


def once(command: list[str], folder: Path, photo: Path) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(photo, folder / "small.jpg")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description="cold start")
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    photo = (options.photo or small_photo()).resolve()
    fluxroom = [str(Path(sys.executable).parent / "fluxroom"), "--library", "library"]
    commands = {
        "--help": [*fluxroom, "--help"],
        "--version": [*fluxroom, "--version"],
        "edit a small photo": [*fluxroom, "edit", "small.jpg", SAY, "-o", "out.jpg"],
        "ask a small photo": [*fluxroom, "ask", "small.jpg", "is there an animal?"],
    }
    figures = {}
    with tempfile.TemporaryDirectory() as beside:
        for name, command in commands.items():
            once(command, Path(beside) / "photo", photo)
            runs = [once(command, Path(beside) / "photo", photo) for _ in range(options.runs)]
            figures[name] = [round(statistics.median(times), 3) for times in zip(*runs, strict=True)]
    load = round(os.getloadavg()[0], 1)
    if options.json:
        print(json.dumps({"seconds": figures, "cpus": os.cpu_count(), "load": load}, indent=2))
        return 0
    print(f"median of {options.runs}, {os.cpu_count()} CPUs, load of the machine {load}")
    for name, (seconds, processor) in figures.items():
        print(f"  {name:<20} {seconds:6.2f} s   (processor {processor:.2f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
