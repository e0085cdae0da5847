"""What a change of the sky brings with it: calm water mirrors new clouds; without a sun nothing glows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxroom.language.asks import Wishes
from fluxroom.recipe import parse_region

if TYPE_CHECKING:
    from fluxroom.language.steps import Step
    from fluxroom.scene import Scene

CALM = 0.55
"""Water that mirrors its sky less than this well would hardly show new clouds."""
_WET = frozenset({"water", "foreground", "everything"})


def sun_known(scene: Scene) -> bool:
    """Is a sun in the frame, at its edge or at the horizon?"""
    from fluxroom.operators.sky.common import sun_seen  # only where there is a photo: operators take time to load

    return sun_seen(scene) > 0.0


def mirrored(steps: list[Step], wishes: Wishes, scene: Scene | None) -> list[Step]:
    """The steps, and calm water that mirrors new clouds, unless it is to stay as it is."""
    new = next((s for s in steps if s.operator == "clouds"), None)
    if new is None or scene is None or wishes.keep_all or wishes.rest_named or wishes.only is not None:
        return steps
    kept = {name for text, _ in wishes.keep for name in parse_region(text).names()}
    if kept & _WET or any(s.operator == "sky_reflection" for s in steps) or scene.share("water") < 0.03:
        return steps
    from fluxroom.operators.sky.sky_reflection import calm_water

    if calm_water(scene) < CALM:
        return steps
    from fluxroom.language.steps import Step

    return [*steps, Step("sky_reflection", {"strength": 0.95}, "water", list(new.tokens), new.step, explicit=False)]
