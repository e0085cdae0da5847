"""`make demo`: edit a real photo by a sentence and say where to look. Reads PHOTO and SAY from the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fluxroom.cli.main import run

HERE = Path(__file__).resolve().parent.parent
SAY = "让天空更有戏剧性，云层更厚重，其余保持不变"
CREDIT = "photo: china.jpg by danielbuechele, CC BY 2.0, from the scikit-learn package"


def default_photo() -> Path:
    from importlib.util import find_spec

    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the demo photo comes with scikit-learn: run `make demo`, or give your own with PHOTO=path")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


def main() -> int:
    own = os.environ.get("PHOTO", "")
    photo = Path(own).expanduser() if own else default_photo()
    say = os.environ.get("SAY", "") or SAY
    out = HERE / "out"
    out.mkdir(exist_ok=True)
    ending = photo.suffix if photo.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff") else ".jpg"
    print(f"photo:  {photo}\nwords:  {say}\n", flush=True)
    code = run(
        [
            "edit",
            str(photo),
            f"--output={out / ('demo' + ending)}",
            f"--before-after={out / 'demo_before_after.jpg'}",
            f"--library={out / 'library'}",
            "--from=v0",
            "--overwrite",
            "--progress",
            "--",
            say,
        ]
    )
    if code == 0 and not own:
        print(CREDIT)
    return code


if __name__ == "__main__":
    sys.exit(main())
