"""Small real photos, and how tests of the batch run one and look at what came of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw

from fluxroom.batch import Entry, Job, Outcome, Source, find_sources, run_batch
from fluxroom.batch.pool import Processes

WORDS = "make the sky darker, a little warmer"


def china() -> Image.Image:
    """china.jpg (danielbuechele, CC BY 2.0, in scikit-learn), 240 pixels wide."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    with Image.open(Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg") as image:
        return image.resize((240, 160))


def drawn(number: int) -> Image.Image:
    """A sky over land, 300 pixels wide, of a brightness and colour of its own."""
    light = 70 + 22 * (number % 6)
    sky = Image.linear_gradient("L").resize((300, 200))
    bands = (sky.point(lambda v, k=k: min(255, int(light + v * k))) for k in (0.30 + 0.03 * number, 0.35, 0.5))
    picture = Image.merge("RGB", tuple(bands))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 200), (0, 130), (90, 105 + 3 * number), (200, 140), (300, 120), (300, 200)], fill=(60, 80, 40))
    pen.rectangle((120 + 5 * number, 110, 150 + 5 * number, 150), fill=(light, light - 20, light - 40))
    return picture


def sources(folder: Path) -> tuple[Source, ...]:
    return find_sources(str(folder), "nowhere").photos


def run(job: Job, folder: Path, pool: Processes, **more: object) -> Outcome:
    return run_batch(job, sources(folder), pool, **more)  # type: ignore[arg-type]


def results(out: Path) -> dict[str, bytes]:
    """Every result with its bytes, without the batch's own folder."""
    return {
        f.relative_to(out).as_posix(): f.read_bytes()
        for f in sorted(out.rglob("*"))
        if f.is_file() and ".fluxroom-batch" not in f.parts
    }


def statuses(outcome: Outcome) -> dict[str, str]:
    return {Path(e.source.path).name: e.status for e in outcome.entries}


def entry(outcome: Outcome, name: str) -> Entry:
    return next(e for e in outcome.entries if Path(e.source.path).name == name)
