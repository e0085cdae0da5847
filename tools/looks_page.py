"""`make looks-page`: docs/looks.md and its pictures, made from the looks that are built in."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from operator_pages import package_file
from PIL import Image, ImageDraw, ImageFont

import fluxroom
from fluxroom.looks import Look, all_looks
from fluxroom.pictures import small

DOCS = Path(__file__).resolve().parent.parent / "docs"
PHOTO = "sklearn/datasets/images/china.jpg"
SIDE, CELL, COLUMNS = 640, 150, 6
MOST_BYTES = 190_000
FILES = {
    "film": "Film and darkroom", "light": "Light, hours, weather, seasons", "modern": "People, things, cities",
    "mono": "Without colour, or with one", "places": "Places", "studio": "Products and the studio",
    "photo_pro": "Landscape and portrait work",
}  # fmt: skip
HEAD = """# Looks

The {count} built-in looks, listed by `make looks-page`. Titles in both languages are words for `fluxroom edit`;
`fluxroom looks show NAME` prints a look's recipe. How to use, keep, share and export them: [how-to](how-to/looks.md).

![every look on one photo](pictures/looks.jpg)

The photo is china.jpg by danielbuechele, CC BY 2.0, in the scikit-learn package; first as it is, then with the looks in
the order of the list. Films that a description names are not measured: a look is in their manner.
"""


def by_file() -> dict[str, list[Look]]:
    """The looks of each library file, in its order."""
    from fluxroom.language.data import look_files, read

    looks = {look.key: look for look in all_looks() if not look.own}
    return {file.stem: [looks[key] for key in read(file)] for file in look_files()}


def page() -> str:
    groups = by_file()
    parts = [HEAD.format(count=sum(map(len, groups.values())))]
    for name, looks in groups.items():
        parts.append(f"## {FILES[name]}\n\n| look | 名称 | what it is like | tags |\n|---|---|---|---|")
        for look in looks:
            parts.append(
                f"| `{look.key}` {look.title[0]} | {look.title[1]} | {look.about[0]} | {', '.join(look.tags)} |"
            )
        parts.append("")
    return "\n".join(parts)


def sheet() -> Image.Image:
    photo = fluxroom.open(package_file(PHOTO), library=None).small(SIDE)
    looks = [look for group in by_file().values() for look in group]
    cells = [("as it is", small(photo.pixels, CELL, CELL))]
    cells += [(look.title[0], small(photo.render(look.at(), remember=False).photo, CELL, CELL)) for look in looks]
    w, h = cells[0][1].size
    line, rows = 17, -(-len(cells) // COLUMNS)
    out = Image.new("RGB", (COLUMNS * (w + 4) - 4, rows * (h + line) - 1), "white")
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(11)
    for i, (name, picture) in enumerate(cells):
        x, y = (i % COLUMNS) * (w + 4), (i // COLUMNS) * (h + line)
        out.paste(picture, (x, y))
        draw.text((x + 2, y + h + 1), name, font=font, fill=(40, 40, 40))
    return out


def main() -> int:
    (DOCS / "looks.md").write_text(page(), encoding="utf-8")
    picture = sheet()
    for quality in range(84, 30, -4):
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality, optimize=True)
        if data.tell() <= MOST_BYTES:
            break
    (DOCS / "pictures" / "looks.jpg").write_bytes(data.getvalue())
    print(f"docs/looks.md, docs/pictures/looks.jpg: {data.tell() // 1024} KiB at quality {quality}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
