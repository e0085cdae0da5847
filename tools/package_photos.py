"""Real photos from Debian packages, for pictures that this project shows: installed ones, else fetched with apt-get."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / "out" / "packages"
LAND = Path("/usr/share/games/endless-sky/plugins/endless-sky-high-dpi/images/land")
"""273 landscapes of 1440 x 720 pixels, in endless-sky-high-dpi."""


def of_package(package: str, path: Path) -> Path | None:
    """`path` where the package is installed, else out of the package's file, which is kept; None without apt."""
    if path.exists():
        return path
    kept = KEPT / package / path.relative_to("/")
    if kept.exists():
        return kept
    try:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True)
            file = next(Path(folder).glob(f"{package}_*.deb"))
            (KEPT / package).mkdir(parents=True, exist_ok=True)
            subprocess.run(["dpkg-deb", "-x", str(file), str(KEPT / package)], check=True)
    except (OSError, StopIteration, subprocess.CalledProcessError):
        return None
    return kept if kept.exists() else None


def landscape(name: str) -> Path | None:
    """One of the landscapes of LAND, by its name there without "@2x"."""
    return of_package("endless-sky-high-dpi", LAND / f"{name}@2x.jpg")


def credit(name: str) -> str:
    """Who made a landscape and how it may be used, as the package's copyright file says."""
    for end, who in _TAKERS.items():
        if name.startswith(end) or name.endswith(end):
            return who
    return "public domain, from unsplash.com or morguefile.com"


_TAKERS = {
    "bwerner": "Berthold Werner, CC BY-SA 3.0",
    "myrabella": "Myrabella, CC BY-SA 3.0",
    "dmottl": "Dmitry A. Mottl, CC BY-SA 3.0",
    "mfield": "Matthew Field, CC BY-SA 3.0",
    "-sfiera": "Chris Pickel, CC BY-SA 4.0",
    "-harro": "harro.eu, CC BY-SA 4.0",
    "-spfld": "Eric Denni, CC BY-SA 4.0",
    "-striker": "Michael Wilso, CC BY-SA 4.0",
    "-iridium": "Iridium Ore, CC BY-SA 4.0",
}
