"""What is measured in a process of its own, so that nothing else counts as its memory. Prints one line of JSON.

python inside.py job CLASS PHOTO RUNS FOLDER
python inside.py preview CLASS PHOTO RUNS
python inside.py floor PHOTO RUNS
python inside.py compare PHOTO RESULT
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs import JOBS, QUALITY

STAGES = ("open", "perceive", "interpret", "render", "revise", "review", "remember", "save")


def peak_bytes() -> int:
    """The most memory that this process ever had resident."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most << 10


def job(name: str, photo: Path, runs: int, folder: Path) -> dict[str, Any]:
    """Seconds by stage of the middle one of `runs` edits, after one that is not counted; each from file to file."""
    import fluxroom
    from fluxroom.recipe import Recipe

    chosen = JOBS[name]
    recipe = None if chosen.words else Recipe.from_yaml(chosen.recipe_file.read_text(encoding="utf-8"))
    notes: list[str] = []

    def once(number: int) -> dict[str, float]:
        began, worked = time.perf_counter(), time.process_time()
        opened = fluxroom.open(photo, library=folder / "library")
        result = opened.edit(chosen.words, base=0) if recipe is None else opened.render(recipe)
        saving = time.perf_counter()
        result.save(folder / f"{number}.jpg")
        ended = time.perf_counter()
        notes[:] = [*result.notes, *result.recipe.not_understood]
        (folder / f"{number}.jpg").unlink()
        taken = {"save": ended - saving, "together": ended - began, "processor": time.process_time() - worked}
        return {**result.timings, **taken}

    first = once(0)["together"]
    every = sorted((once(1 + i) for i in range(runs)), key=lambda taken: taken["together"])
    middle = every[len(every) // 2]
    return {
        "seconds": round(middle["together"], 3),
        "least_seconds": round(every[0]["together"], 3),
        "first_seconds": round(first, 3),
        "processor_seconds": round(middle["processor"], 3),
        "stages": {stage: round(middle[stage], 3) for stage in STAGES if stage in middle},
        "peak_mib": round(peak_bytes() / 2**20),
        "notes": notes,
    }


def preview(name: str, photo: Path, runs: int) -> dict[str, Any]:
    """Seconds from words to pixels on a photo that is open and read, nothing saved: the middle one of `runs`."""
    import fluxroom

    opened = fluxroom.open(photo, library=None)

    def once() -> tuple[float, float]:
        began = time.perf_counter()
        recipe = opened.plan(JOBS[name].words).recipe
        planned = time.perf_counter()
        opened.render(recipe)
        return time.perf_counter() - began, planned - began

    first = once()[0]
    together, interpret = sorted(once() for _ in range(runs))[runs // 2]
    return {"seconds": round(together, 3), "interpret": round(interpret, 3), "first_seconds": round(first, 3)}


def floor(photo: Path, runs: int) -> dict[str, Any]:
    """Seconds that no edit can go below: decode and encode by the quickest codec here, one read and write of memory.

    From memory to memory, one thread; the median of `runs`. The bytes moved are those of the decoded photo.
    """
    import io

    import cv2
    import imagecodecs
    import numpy as np
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    file = photo.read_bytes()
    settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    codes = imagecodecs.jpeg8_decode(file)
    image = Image.fromarray(codes)
    other = np.empty_like(codes)
    packed = np.frombuffer(file, np.uint8)

    def median(does: Callable[[], object]) -> float:
        taken = []
        for _ in range(runs):
            began = time.perf_counter()
            does()
            taken.append(time.perf_counter() - began)
        return statistics.median(taken)

    decode = {
        "Pillow": median(lambda: Image.open(io.BytesIO(file)).load()),
        "OpenCV": median(lambda: cv2.imdecode(packed, cv2.IMREAD_COLOR)),
        "imagecodecs": median(lambda: imagecodecs.jpeg8_decode(file)),
    }
    encode = {
        "Pillow": median(lambda: image.save(io.BytesIO(), "JPEG", quality=QUALITY, subsampling=2)),
        "OpenCV": median(lambda: cv2.imencode(".jpg", codes, settings)),
        "imagecodecs": median(lambda: imagecodecs.jpeg8_encode(codes, level=QUALITY, subsampling="420")),
    }
    moved = median(lambda: np.copyto(other, codes))
    decoder, encoder = min(decode, key=decode.__getitem__), min(encode, key=encode.__getitem__)
    return {
        "file_mb": round(len(file) / 1e6, 2),
        "seconds": round(decode[decoder] + encode[encoder] + moved, 4),
        "decode": round(decode[decoder], 4),
        "decoder": decoder,
        "encode": round(encode[encoder], 4),
        "encoder": encoder,
        "memory": round(moved, 4),
    }


def compare(photo: Path, result: Path) -> dict[str, Any]:
    """Whether the size is the same, and the mean difference in 8-bit code values (each tenth row)."""
    import numpy as np
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(photo) as one, Image.open(result) as two:
        if one.size != two.size or two.mode != "RGB":
            return {"same_size": False, "difference": 0.0}
        before, after = (np.asarray(image)[::10].astype(np.int16) for image in (one, two))
    return {"same_size": True, "difference": round(float(np.abs(after - before).mean()), 2)}


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "job":
        told = job(rest[0], Path(rest[1]), int(rest[2]), Path(rest[3]))
    elif what == "preview":
        told = preview(rest[0], Path(rest[1]), int(rest[2]))
    elif what == "floor":
        told = floor(Path(rest[0]), int(rest[1]))
    else:
        told = compare(Path(rest[0]), Path(rest[1]))
    print(json.dumps(told, ensure_ascii=False))
