"""`make bench-sheets DATA=folder`: fifty sentences on ten photos, before and after, and what must hold of each.

For each edit of the sentences it writes before/after pictures to OUT, and checks that
outside the edit the saved 16-bit TIFF and the saved PNG equal the photo, value for value,
and that another number of threads and another tile size give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

import fluxroom
from fluxroom.errors import FluxroomError
from fluxroom.photo import Photo, open_photo
from fluxroom.photo.framing import WHOLE, framed
from fluxroom.pictures import save_picture, stack
from fluxroom.render import render


def largest_outside(source: Photo, saved: Path, untouched: np.ndarray) -> int:
    """The largest difference of code values where nothing should have changed (in the saved depth)."""
    after = open_photo(saved).codes
    before = source.codes
    if after.dtype != before.dtype:
        before = before.astype(np.uint16) * np.uint16(257)
    if after.shape[2] != before.shape[2]:
        before = np.repeat(before, after.shape[2], axis=2)
    if not untouched.any():
        return 0
    return int(np.abs(after[untouched].astype(np.int32) - before[untouched].astype(np.int32)).max())


@dataclass(frozen=True, slots=True)
class Checked:
    """untouched: share of the frame outside the edit; largest: difference there, code values; same: for any threads
    and tiles."""

    untouched: float
    largest: int
    same: bool

    def words(self) -> str:
        said = f" outside {self.untouched:.0%}: largest difference {self.largest}"
        return said + ("" if self.same else "; NOT the same for other threads or tiles")


def check(photo: fluxroom.Photo, result: fluxroom.Result) -> Checked:
    """Render again with other threads and tiles; save as PNG and 16-bit TIFF and compare outside the edit."""
    again = [
        render(photo.pixels, photo.scene, result.recipe, bits=16, threads=threads, tile=tile)
        for threads, tile in ((1, None), (2, (97, 131)))
    ]
    plain = render(photo.pixels, photo.scene, result.recipe, threads=2)
    same = np.array_equal(again[0].codes, again[1].codes) and np.array_equal(
        framed(plain.codes, plain.framing), result.photo.codes
    )
    with tempfile.TemporaryDirectory() as folder:
        png = result.save(Path(folder) / "out.png")
        deep = photo.render(result.recipe, bits=16, remember=False).save(Path(folder) / "out.tif")
        saved = [png, deep] if plain.framing == WHOLE else []
        largest = max([0, *(largest_outside(photo.pixels, file, plain.untouched) for file in saved)])
    return Checked(float(plain.untouched.mean()), largest, same)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out/sheets"))
    parser.add_argument("--sentences", type=Path, default=Path(__file__).parent / "sentences.yaml")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--no-checks", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    jobs = yaml.safe_load(arguments.sentences.read_text(encoding="utf-8"))
    edits = worst = unequal = missed = 0
    for name, sentences in jobs.items():
        if arguments.only and not any(word in name for word in arguments.only):
            continue
        photo = fluxroom.open(arguments.data / name, library=None)
        rows = []
        for place, words in enumerate(sentences):
            started = time.perf_counter()
            try:
                result = photo.edit(words)
            except FluxroomError as error:
                print(f"{name}: {words}: {error}")
                missed += 1
                continue
            seconds = time.perf_counter() - started
            edits += 1
            picture = result.before_after(width=1560)
            save_picture(picture, arguments.out / f"{Path(name).stem}_{place}.png", overwrite=True)
            rows.append(picture)
            line = f"{Path(name).stem} {place} {words} [{seconds:.1f} s]"
            if not arguments.no_checks:
                checked = check(photo, result)
                unequal += not checked.same
                worst = max(worst, checked.largest)
                line += checked.words()
            print(line, flush=True)
            for text in result.describe("en"):
                print(f"      {text}")
            if result.recipe.not_understood:
                print(f"      not understood: {', '.join(result.recipe.not_understood)}")
            if result.verdict is not None:
                for claim in result.verdict.claims:
                    if not claim.passed:
                        print(f"      missed: {claim.en}")
        if rows:
            save_picture(stack(rows), arguments.out / f"{Path(name).stem}.jpg", overwrite=True)
    print(
        f"{edits} edits, {missed} sentences refused; largest difference outside the edits: {worst}; {unequal} unequal"
    )
    return 0 if worst == 0 and unequal == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
