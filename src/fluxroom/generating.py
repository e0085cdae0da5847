"""A picture from words, by the composer or by the Flow Transformer."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluxroom.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

    from fluxroom.photo import Photo
    from fluxroom.scene import Scene

MODELS = ("composer", "flow")


@dataclass(frozen=True)
class Generated:
    """photo: the picture with its colour profile; made_by: composer or flow; understood: the words as read; notes: what
    was not understood or not possible; scene: what is where, if the composer made it."""

    photo: Photo
    made_by: str
    understood: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scene: Scene | None = None

    @property
    def image(self) -> Image:
        """As a PIL picture, 8 bits."""
        from PIL import Image as Pictures

        from fluxroom.photo.save import to_8_bits

        return Pictures.fromarray(to_8_bits(self.photo.codes))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it; the format goes by the name. A JPEG or WebP has 8 bits, PNG and TIFF keep 16."""
        from fluxroom.photo import save_photo

        save_photo(self.photo, path, overwrite=overwrite)
        return Path(path)


def generate(words: str, *, size: tuple[int, int] | None = None, seed: int = 0, model: str = "composer") -> Generated:
    """Make a picture of words in English or Chinese.

    size    (width, height) in pixels: 64 to 8192 each for the composer (1024 x 1024 if not said), multiples of 16 for
            the flow (if not said, the size that it was trained on)
    seed    another number makes another picture of the same words
    model   "composer" draws what it understands, with physical light, at any size; "flow" is the Flow Transformer of
            `flux_model`, one forward pass (needs `pip install "fluxroom[model]"`)

    Raises InstructionError where nothing is understood, InputError for a size or model that cannot be.
    """
    if model not in MODELS:
        raise InputError(f"model {model!r}: choose one of {', '.join(MODELS)}")
    if model == "flow":
        return _by_flow(words, size, seed)
    from fluxroom.compose.compose import compose

    width, height = size or (1024, 1024)
    made = compose(words, width, height, seed)
    return Generated(made.photo, "composer", _told(made.wish), made.notes, made.scene)


def _told(wish: Any) -> dict[str, Any]:
    return {
        "place": wish.place,
        "beside": wish.second,
        "hour": wish.hour,
        "season": wish.season,
        "weather": sorted(wish.weather),
        "phenomena": sorted(wish.phenomena),
        "looks": sorted(wish.looks),
        "things": [{"kind": t.kind, "count": t.count, "color": t.color, "side": t.side} for t in wish.things],
        "not_understood": list(wish.left),
    }


def _by_flow(words: str, size: tuple[int, int] | None, seed: int) -> Generated:
    import numpy as np

    from flux_model.errors import FluxModelError
    from fluxroom.photo import Photo
    from fluxroom.photo.color import ColorProfile
    from fluxroom.photo.photo import Encoding, Metadata

    try:
        from flux_model.flow_engine import FlowEngine

        made = FlowEngine().generate(words, size=size, seed=seed)
    except FluxModelError as error:
        raise InputError(str(error)) from None
    codes = np.asarray(made["image"])
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("png", 8))
    return Generated(photo, "flow", {"model": made["model"]})
