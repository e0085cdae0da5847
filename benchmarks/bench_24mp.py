"""`make bench`: a 24-megapixel JPEG and a sentence about its clouds, in a warm process.

Prints seconds by stage, the peak of memory, and both beside the floor: decoding and
encoding the same JPEG and nothing else, measured in the same run. The photo is
china.jpg (danielbuechele, CC BY 2.0, in the scikit-learn package), enlarged to
6000 x 4000 with noise added so that it costs as much to encode as a camera's.

    python benchmarks/bench_24mp.py [--say WORDS] [--photo FILE] [--runs N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path

SAY = "让天空更有戏剧性，加入厚重的云层，光线更暖"


def make_photo(target: Path) -> None:
    import numpy as np
    from PIL import Image

    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the photo comes with scikit-learn: pip install scikit-learn, or give --photo FILE")
    with Image.open(Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg") as image:
        large = np.asarray(image.resize((6000, 4000), Image.Resampling.BICUBIC), np.float32)
    noise = np.random.default_rng(24).normal(0, 4, large.shape[:2]).astype(np.float32)
    Image.fromarray((large + noise[..., None]).clip(0, 255).astype(np.uint8)).save(target, quality=93, subsampling=2)


def floor(photo: Path, runs: int) -> float:
    """Seconds to decode and encode the JPEG, nothing else (Pillow's libjpeg-turbo)."""
    import io

    from PIL import Image

    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        with Image.open(photo) as image:
            image.load()
            image.save(io.BytesIO(), "JPEG", quality=93, subsampling=2)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


class Peak:
    """The most memory that this process had resident while the block ran."""

    def __enter__(self) -> Peak:
        import psutil

        self.process, self.bytes, self.stop = psutil.Process(), 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def _watch(self) -> None:
        while not self.stop.wait(0.01):
            self.bytes = max(self.bytes, self.process.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()


def measure(photo: Path, say: str, runs: int, folder: Path) -> dict[str, object]:
    import fluxroom

    cpus: list[float] = []

    def once(number: int) -> dict[str, float]:
        cpu = time.process_time()
        opened = fluxroom.open(photo, library=folder / "library")
        result = opened.edit(say, base=0)
        started = time.perf_counter()
        result.save(folder / f"out{number}.jpg")
        result.timings["save"] = time.perf_counter() - started
        cpus.append(time.process_time() - cpu)
        return result.timings

    cold = sum(once(0).values())
    with Peak() as peak:
        every = [once(1 + i) for i in range(runs)]
    middle = sorted(every, key=lambda t: sum(t.values()))[len(every) // 2]
    base = floor(photo, 3)
    return {
        "say": say,
        "megapixels": 24.0,
        "cpus": os.cpu_count(),
        "machine": platform.processor() or platform.machine(),
        "cold_seconds": round(cold, 2),
        "seconds": round(sum(middle.values()), 2),
        "cpu_seconds": round(statistics.median(cpus[1:]), 2),
        "load": round(os.getloadavg()[0], 1),
        "stages": {stage: round(seconds, 3) for stage, seconds in middle.items()},
        "peak_mib": round(peak.bytes / 2**20),
        "floor_seconds": round(base, 2),
        "times_floor": round(sum(middle.values()) / base, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="24 megapixels, warm")
    parser.add_argument("--say", default=SAY)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        print(json.dumps(measure(options.photo, options.say, options.runs, options.inside)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        photo = options.photo or Path(folder) / "photo24.jpg"
        if options.photo is None:
            make_photo(photo)
        # In a process of its own, so that making the photo does not count as memory.
        command = [sys.executable, __file__, "--inside", folder, "--photo", str(photo), "--say", options.say]
        done = subprocess.run([*command, "--runs", str(options.runs)], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            return done.returncode
        figures = json.loads(done.stdout.splitlines()[-1])
    if options.json:
        print(json.dumps(figures, ensure_ascii=False, indent=2))
        return 0
    print(f"24 megapixels, {figures['cpus']} CPUs ({figures['machine']}): {figures['say']}")
    for stage, seconds in figures["stages"].items():
        print(f"  {stage:<10} {seconds:7.3f} s")
    print(f"  {'together':<10} {figures['seconds']:7.2f} s   (first time in a process: {figures['cold_seconds']} s)")
    print(f"  {'processor':<10} {figures['cpu_seconds']:7.2f} s   (load of the machine: {figures['load']})")
    print(f"peak memory  {figures['peak_mib']} MiB")
    floor_words = f"{figures['floor_seconds']} s to decode and encode"
    print(f"floor        {floor_words}; the edit takes {figures['times_floor']} times that")
    return 0


if __name__ == "__main__":
    sys.exit(main())
