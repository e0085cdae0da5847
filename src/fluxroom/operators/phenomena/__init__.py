"""Phenomena of the sky: stars and their trails, meteors, the Milky Way, the moon, aurora, rainbow, lightning.

Light that reaches us through the sky or out of it, added in linear light behind the edges of the land: what is too
faint for the sky it stands in does not show, as in a camera.
"""

from fluxroom.operators.phenomena.aurora import AURORA
from fluxroom.operators.phenomena.cast_light import CAST_LIGHT
from fluxroom.operators.phenomena.lightning import LIGHTNING
from fluxroom.operators.phenomena.meteors import METEORS
from fluxroom.operators.phenomena.milky_way import MILKY_WAY
from fluxroom.operators.phenomena.moon import MOON
from fluxroom.operators.phenomena.rainbow import RAINBOW
from fluxroom.operators.phenomena.star_trails import STAR_TRAILS
from fluxroom.operators.phenomena.stars import STARS

__all__ = ["AURORA", "CAST_LIGHT", "LIGHTNING", "METEORS", "MILKY_WAY", "MOON", "RAINBOW", "STARS", "STAR_TRAILS"]
