"""The packs that fluxroom brings. They come in by the hooks that are open to everyone."""

from __future__ import annotations

from pathlib import Path

from fluxroom.packs.pack import Pack

ROOT = Path(__file__).parent.parent

CORE = Pack(
    name="core",
    title=("The darkroom", "暗房"),
    about=("What any photo may need: tone, colour, sky, weather, seasons, light", "影调、色彩、天空、天气、季节、光线"),
    operators=("fluxroom.operators",),
    lexicon=ROOT / "language" / "lexicon" / "effects",
    looks=ROOT / "looks" / "library",
    eyes={"embedded": "fluxroom.engines.eyes.embedded:Embedded"},
)

BUILT_IN = (CORE,)
