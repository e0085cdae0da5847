"""One edit, made ready for judging: small pictures of before and after, masks, what changed. Each made once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.critic.edges import Pair, edge_of
from fluxroom.operators import Window, find
from fluxroom.photo import Photo
from fluxroom.photo.photo import Codes
from fluxroom.photo.reduce import preview_of
from fluxroom.recipe import Recipe, Region
from fluxroom.render import Rendered, kernels, preview_mask
from fluxroom.render.masks import MaskMaker
from fluxroom.scene import Float, Scene

WITHOUT_REGION = frozenset({"frame", "retouch"})
"""Families of operators that work without regard to a mask, or change no light."""
DRAWN = frozenset({"elements", "phenomena"})
"""Families of operators that put something in, and do nothing else."""
AS_DRAWN = 1e-4
"""Difference of square roots from which on a thing was drawn at a place."""


@dataclass(slots=True)
class Look:
    """What was asked (`recipe`), what came out (`rendered`), and what the plan of what was asked shows (`planned`)."""

    photo: Photo
    scene: Scene
    recipe: Recipe
    rendered: Rendered
    planned: Rendered
    before: Float = field(init=False)
    after: Float = field(init=False)
    codes_after: Codes = field(init=False)
    changed: NDArray[np.bool_] = field(init=False)
    changed_small: Float = field(init=False)
    _masks: dict[str, Float] = field(init=False, default_factory=dict)
    _edges: dict[str, Float | None] = field(init=False, default_factory=dict)
    pair: Pair = field(init=False)
    _maker: MaskMaker | None = field(init=False, default=None)
    _small: Photo | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.before = self.scene.preview
        height, width = self.before.shape[:2]
        codes: Any = self.rendered.codes
        if (height, width) != codes.shape[:2]:
            codes = cv2.resize(codes, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)
        self.codes_after = codes
        self.after = self.rendered.profile.to_linear(np.ascontiguousarray(codes))
        self.pair = Pair(self.before, self.after)
        self.changed = changed_pixels(self.photo, self.rendered)
        share = cv2.resize(self.changed.view(np.uint8) * np.uint8(255), (width, height), interpolation=cv2.INTER_AREA)
        self.changed_small = share.astype(np.float32) / np.float32(255)

    @property
    def side(self) -> int:
        return int(max(self.before.shape[:2]))

    @property
    def small(self) -> Photo:
        """The photo at preview size."""
        if self._small is None:
            self._small = preview_of(self.photo, self.side)
        return self._small

    def mask(self, region: Region) -> Float:
        """(h, w) 0..1: the region as it is at full size, its edges where the photo has them, at preview size."""
        if region.text not in self._masks:
            if self._maker is None:
                self._maker = MaskMaker(self.scene)
            small = self.small
            height, width = small.height, small.width
            window = Window(0, 0, width, height, width, height)
            made = self._maker.make(region).window(window, lambda: small.linear(0, 0, height, width))
            if not isinstance(made, np.ndarray):
                made = np.full((height, width), made, np.float32)
            if made.shape != self.before.shape[:2]:
                made = np.asarray(cv2.resize(made, self.before.shape[1::-1]), np.float32)
            self._masks[region.text] = np.asarray(made, np.float32)
        return self._masks[region.text]

    def edge(self, region: Region) -> Float | None:
        """Signed distance to its edge, pixels of the preview; None where it has none."""
        if region.text not in self._edges:
            keeps = {
                None if k is None else k.text for k in (self.recipe.keep, *(a.keep for a in self.recipe.adjustments))
            }
            named = region.text in keeps | {a.region.text for a in self.recipe.adjustments}
            self._edges[region.text] = edge_of(self.mask(region) if named else preview_mask(self.scene, region))
        return self._edges[region.text]

    def kept(self, own: Region | None) -> Float | None:
        """(h, w) 0..1: what must stay, of the recipe and of one adjustment."""
        keeps = [self.mask(keep) for keep in (self.recipe.keep, own) if keep is not None]
        return None if not keeps else np.maximum.reduce(keeps)

    def allowed(self) -> Float | None:
        """(h, w) 0..1: where any adjustment may work; None where that is everywhere."""
        out = np.zeros(self.before.shape[:2], np.float32)
        drawn = dict(self.planned.things)
        for index, adjustment in enumerate(self.recipe.adjustments):
            operator = find(adjustment.operator, adjustment.version)
            if operator.family in WITHOUT_REGION or adjustment.opacity == 0:
                if operator.family == "retouch":
                    return None
                continue
            if operator.places and index in drawn:
                marks = (np.abs(drawn[index]) > AS_DRAWN).astype(np.uint8)
                out = np.maximum(out, cv2.dilate(marks, np.ones((9, 9), np.uint8)).astype(np.float32))
                continue
            kept = self.kept(adjustment.keep)
            wide = operator.places or adjustment.region.text == "everything"
            if wide and kept is None:
                return None
            mask = np.ones_like(out) if wide else self.mask(adjustment.region)
            out = np.maximum(out, mask if kept is None else np.where(kept >= 1, 0, mask))
        return out

    def named(self) -> list[Region]:
        """Regions of the recipe that have an edge in the picture, at most three; the largest edges are not sought."""
        regions = [
            a.region for a in self.recipe.adjustments
            if a.region.text != "everything" and not find(a.operator, a.version).places
        ]  # fmt: skip
        if self.recipe.keep is not None:
            regions.append(self.recipe.keep)
        drawn_only = all(find(a.operator, a.version).family in DRAWN for a in self.recipe.adjustments)
        if not regions and not drawn_only and "sky" in self.scene.regions:
            regions.append(Region("sky"))
        return [r for r in dict.fromkeys(regions) if self.edge(r) is not None][:3]


def changed_pixels(photo: Photo, rendered: Rendered) -> NDArray[np.bool_]:
    """(H, W): whether a pixel is anything but the photo's own value, in whichever depth."""
    out = np.empty(photo.codes.shape[:2], np.bool_)
    depth = rendered.codes.dtype.itemsize - photo.codes.dtype.itemsize
    kernels.changed(photo.codes, rendered.codes, (0, 1, 257)[depth + 1], out)
    return out
