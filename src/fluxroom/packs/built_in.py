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

PACKS = ROOT / "packs"

STUDIO = Pack(
    name="studio",
    title=("Studio", "影棚"),
    about=("Products and tabletop: colour checker, grey card, backdrop", "产品与静物：色卡、灰卡、背景布"),
    operators=("fluxroom.packs.studio.backdrop", "fluxroom.packs.studio.calibrate"),
    lexicon=PACKS / "studio" / "lexicon",
    looks=PACKS / "studio" / "looks",
)

PHOTO_PRO = Pack(
    name="photo-pro",
    title=("Photo pro", "专业摄影"),
    about=("Landscape and portrait work: skin tone, grading by depth", "风光与人像：肤色、按远近调色"),
    operators=("fluxroom.packs.photo_pro.depth_grade", "fluxroom.packs.photo_pro.skin_tone"),
    lexicon=PACKS / "photo_pro" / "lexicon",
    looks=PACKS / "photo_pro" / "looks",
)

BUILT_IN = (CORE, STUDIO, PHOTO_PRO)
