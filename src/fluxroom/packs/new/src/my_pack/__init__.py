"""A pack for fluxroom. Importing this must be cheap: operators are loaded when they are needed."""

from pathlib import Path

from fluxroom.packs import Pack

HERE = Path(__file__).parent

PACK = Pack(
    name="my-pack",
    title=("My pack", "我的扩展"),
    about=("Sun-bleached colour", "日晒褪色的味道"),
    operators=("my_pack.operators",),
    lexicon=HERE / "lexicon",
    looks=HERE / "looks",
)
