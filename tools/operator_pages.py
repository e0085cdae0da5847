"""`make operator-pages`: pictures and the reference of operators in docs/operators, made by the program itself.

operator_pages.yaml says which sentences show which family on which photo. All photos are in installed packages.
"""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, ImageDraw, ImageFont

import fluxroom
from fluxroom.operators import all_operators
from fluxroom.operators.declare import Operator, Param
from fluxroom.photo import Photo
from fluxroom.pictures import small
from fluxroom.recipe import Recipe

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "operators"
CELL = 430
GAP = 6
MOST_BYTES = 130_000
HEAD = """# Reference

Every operator with its parameters, made by `make operator-pages` from what the program itself declares.
`fluxroom operators NAME` prints the same. Pages with pictures and limits: [the list](README.md).
"""


def package_file(where: str) -> Path:
    """A file inside an installed package, as "package/path"."""
    package, _, path = where.partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not installed: run `make test` once, which installs what development needs")
    return Path(spec.submodule_search_locations[0]) / path


def grid(cells: list[tuple[Image.Image, str]], columns: int) -> Image.Image:
    """Pictures with a caption below each."""
    font = ImageFont.load_default(17)
    line = 27
    tall = max(picture.height for picture, _ in cells)
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * (CELL + GAP) - GAP, rows * (tall + line + GAP) - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (picture, caption) in enumerate(cells):
        x, y = (i % columns) * (CELL + GAP), (i // columns) * (tall + line + GAP)
        sheet.paste(picture, (x, y))
        draw.text((x + 2, y + tall + 3), caption, font=font, fill=(40, 40, 40))
    return sheet


def cell(photo: Photo, part: list[float] | None) -> Image.Image:
    """The photo, or a part of it (left, top, right, bottom in 0..1), at the size of a cell."""
    if part is None:
        return small(photo, CELL, 2 * CELL)
    whole = small(photo, photo.width, photo.height)
    left, top, right, bottom = (round(share * side) for share, side in zip(part, whole.size * 2, strict=True))
    piece = whole.crop((left, top, right, bottom))
    return piece.resize((CELL, round(CELL * piece.height / piece.width)), Image.Resampling.LANCZOS)


def draw_page(page: dict[str, Any]) -> Image.Image:
    photo = fluxroom.open(package_file(page["photo"]), library=None)
    part = page.get("part")
    cells = [(cell(photo.pixels, part), "the photo")]
    for words in page["say"]:
        if isinstance(words, dict):  # a caption, and the adjustments of a recipe
            ((caption, adjustments),) = words.items()
            recipe = Recipe.from_dict({"fluxroom": 1, "adjustments": adjustments})
            cells.append((cell(photo.render(recipe).photo, part), caption))
            continue
        result = photo.edit(words)
        if result.recipe.not_understood:
            sys.exit(f"{words!r}: not understood: {', '.join(result.recipe.not_understood)}")
        cells.append((cell(result.photo, part), f"“{words}”"))
    return grid(cells, int(page.get("columns", 2)))


def save_small(picture: Image.Image, path: Path) -> int:
    """As a JPEG of at most MOST_BYTES."""
    for quality in range(86, 40, -4):
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality, optimize=True)
        if data.tell() <= MOST_BYTES:
            break
    path.write_bytes(data.getvalue())
    return len(data.getvalue())


def _allowed(p: Param) -> str:
    return p.allowed.removeprefix("one of ")


def _entry(operator: Operator) -> str:
    lines = [f"### `{operator.name}` {operator.label.en} / {operator.label.zh}", "", operator.doc, ""]
    if operator.params:
        lines += ["| parameter | | allowed | default |", "|---|---|---|---|"]
        for p in operator.params:
            default = f"{p.default:g}" if isinstance(p.default, float) else str(p.default)
            lines.append(f"| `{p.name}` | {p.label.en} / {p.label.zh} | {_allowed(p)} | {default} |")
        lines.append("")
    return "\n".join(lines)


def reference() -> str:
    """All operators, family by family, as Markdown."""
    parts, family = [HEAD], ""
    for operator in all_operators():
        if operator.family != family:
            family = operator.family
            parts.append(f"## {family.capitalize()}\n")
        parts.append(_entry(operator))
    return "\n".join(parts)


def main() -> int:
    wanted = set(sys.argv[1:])
    (FOLDER / "reference.md").write_text(reference(), encoding="utf-8")
    pages = yaml.safe_load(Path(__file__).with_name("operator_pages.yaml").read_text(encoding="utf-8"))
    for name, page in pages.items():
        if wanted and name not in wanted:
            continue
        size = save_small(draw_page(page), FOLDER / f"{name}.jpg")
        print(f"{name}.jpg: {size // 1024} KiB: {'; '.join(map(str, page['say']))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
