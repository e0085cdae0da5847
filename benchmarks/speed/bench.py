"""`make bench`: JPEG to JPEG at 24 and 100 megapixels by class of edit, beside the floor and beside other programs.

For each class, in a process of its own and warm (the first edit is not counted): seconds by stage, processor
seconds, the peak of memory of the whole process. The floor is measured in the same run: decode and encode by the
quickest codec here, and one read and one write of memory. Other programs that are installed (`make
bench-peers-install`) do the nearest thing that they can (peers.py) on the first size, each command in a process that
starts cold, as fluxroom's does for comparison.

    python benchmarks/speed/bench.py [--class NAME ...] [--megapixels N ...] [--runs N] [--no-peers] [--json] [--save]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jobs import HERE, JOBS, Job, size_of
from peers import PEERS, Command, Task, find

import history

LEAST_DIFFERENCE = 1.0
"""Mean difference, in 8-bit code values, under which a program is taken to have done nothing (saving anew: 0.3)."""
SMALL = 1.0
"""Megapixels of the small photo for the cold start."""
PREVIEW = 1.7
"""Megapixels of a preview: 1600 pixels wide."""
PREVIEW_GOAL = 0.7


class Failure(Exception):
    """A measured command failed; what it said."""


def inside(*words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, str(HERE / "inside.py"), *words], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"measuring {' '.join(words[:2])} failed; what went wrong stands above")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def timed(commands: list[Command], folder: Path) -> tuple[float, float, int]:
    """Run one after the other: wall seconds, processor seconds, most bytes resident of the largest process."""
    home = str(folder)
    own = {"HOME": home, "XDG_CONFIG_HOME": f"{home}/config", "XDG_CACHE_HOME": f"{home}/cache"}
    worked, most, began = 0.0, 0, time.perf_counter()
    for command in commands:
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **own})
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                said.seek(0)
                raise Failure(" ".join(said.read().decode("utf-8", "replace").split())[-200:])
        worked += used.ru_utime + used.ru_stime
        most = max(most, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    return time.perf_counter() - began, worked, most


def cold(commands: Callable[[], list[Command]], photo: Path, out: Path, folder: Path, runs: int) -> dict[str, Any]:
    """The middle one of `runs`, after one that is not counted and fills caches; and whether it did anything."""
    taken = []
    for number in range(runs + 1):
        out.unlink(missing_ok=True)
        measured = timed(commands(), folder)
        if number:
            taken.append(measured)
    if not out.exists():
        raise Failure("it wrote nothing")
    checked = inside("compare", str(photo), str(out))
    out.unlink()
    if not checked["same_size"] or checked["difference"] < LEAST_DIFFERENCE:
        raise Failure(f"not the same size or not changed: {checked}")
    taken.sort()
    middle = taken[len(taken) // 2]
    return {
        "seconds": round(middle[0], 3),
        "processor_seconds": round(middle[1], 3),
        "peak_mib": round(statistics.median(t[2] for t in taken) / 2**20),
        "difference": checked["difference"],
    }


def fluxroom_command(job: Job, photo: Path, out: Path, folder: Path) -> Command:
    by_recipe = ["render", str(photo), str(job.recipe_file)]
    what = ["edit", str(photo), job.words, "--from", "v0"] if job.words else by_recipe
    return [sys.executable, "-m", "fluxroom", *what, "-o", str(out), "--library", str(folder / "library"), "--quiet"]


def against_peers(job: Job, photo: Path, megapixels: float, folder: Path, runs: int) -> dict[str, dict[str, Any]]:
    """Each program's figures, or {"failed": why}, or {"missing": True}; only those that can do the class."""
    found: dict[str, dict[str, Any]] = {}
    for peer in PEERS:
        if job.name not in peer.jobs:
            continue
        there = find(peer)
        if there is None:
            found[peer.name] = {"missing": True}
            continue
        with tempfile.TemporaryDirectory(dir=folder) as own:
            out = Path(own) / "out.jpg"
            task = Task(there[0], photo, out, Path(own), *size_of(megapixels))
            try:
                found[peer.name] = cold(partial(peer.jobs[job.name], task), photo, out, Path(own), runs)
            except Failure as failure:
                found[peer.name] = {"failed": str(failure)}
            found[peer.name]["version"] = there[1]
    return found


def measure(options: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    row = history.begin("edit") | {"runs": options.runs, "results": []}
    m = row["machine"]
    say(f"{m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB; commit {row['commit']}")
    if busy := history.busy():
        say(busy)
    for place, megapixels in enumerate(options.megapixels):
        floors: dict[Path, dict[str, Any]] = {}
        for name in options.classes:
            job = JOBS[name]
            photo = options.photo or make(folder, job.photo, megapixels)
            if photo not in floors:
                floors[photo] = inside("floor", str(photo), str(max(3, options.runs)))
                say(f"\n{megapixels:g} megapixels, {photo.name}: floor {floor_words(floors[photo])}")
            with tempfile.TemporaryDirectory(dir=folder) as own:
                figures = inside("job", name, str(photo), str(options.runs), own)
            figures["times_floor"] = round(figures["seconds"] / floors[photo]["seconds"], 2)
            result = {"class": name, "megapixels": megapixels, "photo": photo.name, "floor": floors[photo]}
            result["warm"] = figures
            say(warm_words(job, megapixels, figures))
            if place == 0:
                with tempfile.TemporaryDirectory(dir=folder) as own:
                    result["cold"] = of_fluxroom(job, photo, Path(own), options.peer_runs)
                say(f"    {'fluxroom, cold:':<16} {figures_words(result['cold'])}")
            if place == 0 and options.peers:
                result["peers"] = against_peers(job, photo, megapixels, folder, options.peer_runs)
                for line in ratio_words(result):
                    say(line)
            row["results"].append(result)
    if options.photo is None:
        row["preview"] = {"class": "clouds", "megapixels": PREVIEW, **of_preview(folder, max(5, options.runs))}
        say(f"\npreview: {preview_words(row['preview'])}")
        job = JOBS["drama"]
        with tempfile.TemporaryDirectory(dir=folder) as own:
            small = of_fluxroom(job, make(folder, job.photo, SMALL), Path(own), options.peer_runs)
        row["small"] = {"class": job.name, "megapixels": SMALL, "cold": small}
        say(f"\ncold start: {SMALL:g} megapixel, {job.title}, whole command: {figures_words(small)}")
    return history.end(row)


def of_fluxroom(job: Job, photo: Path, folder: Path, runs: int) -> dict[str, Any]:
    out = folder / "out.jpg"
    try:
        return cold(lambda: [fluxroom_command(job, photo, out, folder)], photo, out, folder, runs)
    except Failure as failure:
        sys.exit(f"fluxroom itself failed on {job.title}: {failure}")


def of_preview(folder: Path, runs: int) -> dict[str, Any]:
    photo = make(folder, JOBS["clouds"].photo, PREVIEW)
    return inside("preview", "clouds", str(photo), str(runs)) | {"floor": inside("floor", str(photo), str(runs))}


def preview_words(told: dict[str, Any]) -> str:
    return (
        f"{JOBS[told['class']].title} at {size_of(told['megapixels'])[0]} pixels, photo open and read, words to pixels:"
        f" {told['seconds']:.2f} s, goal {PREVIEW_GOAL:g} (first {told['first_seconds']:.2f});"
        f" {told['seconds'] / told['floor']['seconds']:.0f} x floor"
    )


def make(folder: Path, name: str, megapixels: float) -> Path:
    photo = folder / f"{Path(name).stem}-{megapixels:g}.jpg"
    if not photo.exists():
        command = [sys.executable, str(HERE / "photos.py"), str(photo), name, str(megapixels)]
        subprocess.run(command, check=True)
    return photo


def floor_words(floor: dict[str, Any]) -> str:
    parts = f"decode {floor['decode']:.3f} ({floor['decoder']}), encode {floor['encode']:.3f} ({floor['encoder']})"
    return f"{floor['seconds']:.3f} s: {parts}, memory read and written once {floor['memory']:.3f}"


def warm_words(job: Job, megapixels: float, figures: dict[str, Any]) -> str:
    goal = f", goal {job.goal:g}" if job.goal is not None and megapixels == 24 else ""
    stages = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in figures["stages"].items())
    return (
        f"  {job.title}: {figures['seconds']:.2f} s warm{goal} = {figures['times_floor']:.1f} x floor"
        f" (least {figures['least_seconds']:.2f}, first {figures['first_seconds']:.2f});"
        f" processor {figures['processor_seconds']:.2f} s; peak {figures['peak_mib']} MiB\n    {stages}"
        + "".join(f"\n    note: {note}" for note in figures["notes"])
    )


def figures_words(figures: dict[str, Any]) -> str:
    seconds, worked = figures["seconds"], figures["processor_seconds"]
    return f"{seconds:.2f} s, processor {worked:.2f} s, peak {figures['peak_mib']} MiB"


def ratio_words(result: dict[str, Any]) -> list[str]:
    warm, own = result["warm"]["seconds"], result["cold"]["seconds"]
    lines = []
    for name, figures in result["peers"].items():
        if "seconds" in figures:
            seconds = figures["seconds"]
            ratio = f"{seconds / own:.1f} x fluxroom cold, {seconds / warm:.1f} x warm"
            lines.append(f"    {name + ':':<16} {figures_words(figures)}; {ratio}")
        else:
            lines.append(f"    {name + ':':<16} {figures.get('failed') or 'not installed (make bench-peers-install)'}")
    return lines or ["    no other program here can do this"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--class", dest="classes", nargs="+", choices=list(JOBS), default=list(JOBS))
    parser.add_argument("--megapixels", nargs="+", type=float, default=[24.0, 100.0])
    parser.add_argument("--runs", type=int, default=5, help="edits counted, warm; the median is told")
    parser.add_argument("--peer-runs", type=int, help="runs counted of each cold command (default: at most 3)")
    parser.add_argument("--photo", type=Path, help="a JPEG of your own; give its size with --megapixels")
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--json", action="store_true", help="print one object; what is told on the way goes to stderr")
    parser.add_argument("--save", action="store_true", help=f"append to {history.FILE.relative_to(history.ROOT)}")
    options = parser.parse_args()
    if options.photo is not None and len(options.megapixels) != 1:
        parser.error("--photo needs --megapixels with its one size")
    options.peer_runs = options.peer_runs or min(3, options.runs)
    stream = sys.stderr if options.json else sys.stdout
    with tempfile.TemporaryDirectory(prefix="fluxroom-bench-") as folder:
        row = measure(options, Path(folder), lambda line: print(line, file=stream, flush=True))
    if options.save:
        history.append(row)
    if options.json:
        print(json.dumps(row, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
