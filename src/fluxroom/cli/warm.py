"""`fluxroom warm-up`: compile every kernel now, so that no edit has to wait for it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.options import Settings, common, example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fluxroom.api import Photo
    from fluxroom.operators import Operator, Param
    from fluxroom.recipe import Adjustment, Recipe, Value

WIDTH, HEIGHT = 384, 256
QUESTIONS = ("is there an animal?", "when was this taken?", "which colours?", "is it sharp?", "where is the sea?")


@click.command(
    "warm-up",
    epilog=example(
        """
fluxroom warm-up
NUMBA_CACHE_DIR=/var/cache/fluxroom fluxroom warm-up
"""
    ),
)
@common
@click.pass_obj
def warm_up(settings: Settings) -> None:
    """Compile everything once; later starts find it ready.

    A drawn picture goes through all operators, in every kind of file. Without this the first edits after
    installing or upgrading take longer. Compiled code lies in $NUMBA_CACHE_DIR, if that is set.
    """
    bar = settings.bar_on("en")
    started = time.perf_counter()
    before = _compiled()
    for done, stage in _work():
        bar(stage, done)
    settings.bar_off()
    seconds = time.perf_counter() - started
    new = _compiled() - before
    what = "everything was ready" if new == 0 else f"{new} kernels compiled"
    settings.say(f"{what}, {seconds:.1f} seconds; they lie in {folder()}")
    settings.result({"compiled": new, "seconds": round(seconds, 2), "folder": str(folder())})


def folder() -> Path:
    """Where numba keeps what is compiled: the chosen folder, or beside the source."""
    import fluxroom

    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return Path(chosen) if chosen else Path(fluxroom.__file__).parent


def _compiled() -> int:
    """Kernels of this process that had to be compiled, because they did not lie ready."""
    import gc

    from numba.core.dispatcher import Dispatcher

    kernels = [o for o in gc.get_objects() if isinstance(o, Dispatcher)]
    return sum(sum(k.stats.cache_misses.values()) for k in kernels if k.py_func.__module__.startswith("fluxroom."))


def _work() -> Iterator[tuple[float, str]]:
    """Do it, and tell on the way how far it is (0..1) and the stage, as `Progress` names it."""
    import tempfile

    from fluxroom import api
    from fluxroom.looks import import_cube
    from fluxroom.operators import all_operators

    recipes = list(_recipes(all_operators()))
    together = _together(recipes)
    with tempfile.TemporaryDirectory(prefix="fluxroom-") as beside:
        files = _pictures(Path(beside))
        recipes.append(import_cube("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "table", Path(beside)).recipe)
        for number, file in enumerate(files):
            yield number / len(files), "render"
            photo = api.open(file, library=None)
            todo = [*recipes, *together] if number == 0 else together
            for i, recipe in enumerate(todo):
                photo.render(recipe, review=True)
                yield (number + i / len(todo)) / len(files), "render"
            result = photo.edit("warmer, more contrast")
            result.save(file.with_name(f"{file.stem}_out{file.suffix}"))
            _look(photo)


def _look(photo: Photo) -> None:
    for question in QUESTIONS:
        photo.ask(question)
    for region in ("sky - clouds", "feather(water, 2%)", "grow(sand, 1%)", "sky & box(0 0 0.5 1)"):
        photo.mask(region)
    photo.pick([(0.5, 0.8)])


def _recipes(operators: list[Operator]) -> Iterator[Recipe]:
    """Each operator alone: as it comes, and with everything turned up, in a part of the picture."""
    from fluxroom.recipe import Adjustment, Recipe, Region

    small = Region("box(0.4 0.4 0.46 0.5)")  # what is taken out must be small
    for o in operators:
        yield Recipe((Adjustment(o.name, region=small if o.kind == "retouch" else Region("everything")),))
        turned_up = {p.name: _turned_up(p) for p in o.params}
        yield Recipe((Adjustment(o.name, turned_up, Region("top")),), keep=Region("right"))


def _turned_up(param: Param) -> Value:
    if param.choices:
        return param.choices[-1]
    if param.digest:
        return param.default
    default = float(param.default)
    return (default + param.high) / 2 if default < param.high else (param.low + param.high) / 2


def _together(recipes: list[Recipe]) -> list[Recipe]:
    """All of them in one recipe, and one that changes only part of the picture."""
    from fluxroom.recipe import Adjustment, Recipe, Region

    every: tuple[Adjustment, ...] = sum((r.adjustments for r in recipes[::2]), ())
    part = Adjustment("exposure", {"stops": -0.5}, Region("top"))
    return [Recipe(every), Recipe((part,), keep=Region("bottom"))]


def _pictures(beside: Path) -> list[Path]:
    """Sky with clouds and a sun, sea and sand: 8 and 16 bits, colour and grey, in all formats; two kinds of JPEG."""
    import numpy as np
    import tifffile
    from PIL import Image

    random = np.random.default_rng(1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    y, x = y / HEIGHT, x / WIDTH
    waves = np.sin(40 * y + 9 * np.sin(11 * x)) * np.sin(17 * x)
    sky = np.stack([150 + 90 * y, 175 + 60 * y, 235 - 20 * y], -1) + (30 * np.clip(waves, 0, 1) * (y < 0.45))[..., None]
    sky += (120 * np.exp(-(((x - 0.7) / 0.05) ** 2 + ((y - 0.3) / 0.07) ** 2)))[..., None]
    sea = np.stack([40 + 20 * waves, 85 + 20 * waves, 120 + 25 * waves], -1)
    sand = np.broadcast_to(np.array([205.0, 180.0, 140.0]), sky.shape)
    drawn: Any = np.where((y < 0.55)[..., None], sky, np.where((y < 0.8)[..., None], sea, sand))
    eight: Any = np.clip(drawn + random.normal(0, 5, drawn.shape), 0, 255).astype(np.uint8)
    sixteen = eight.astype(np.uint16) * 257
    files = [beside / name for name in ("a.jpg", "b.jpg", "c.jpg", "d.png", "e.tif", "f.tif", "g.webp")]
    Image.fromarray(eight).save(files[0], quality=90, subsampling=2)
    Image.fromarray(eight).save(files[1], quality=90, subsampling=0, progressive=True)
    Image.fromarray(eight[..., 1]).save(files[2], quality=90)
    Image.fromarray(eight).save(files[3])
    tifffile.imwrite(files[4], sixteen, photometric="rgb")
    tifffile.imwrite(files[5], sixteen[..., 1], photometric="minisblack")
    Image.fromarray(eight).save(files[6])
    return files
