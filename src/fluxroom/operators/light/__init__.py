"""Light: rims, dodge and burn, bloom, flare, light from a side, a lit subject, a patch of sun."""

from fluxroom.operators.light.bloom import BLOOM
from fluxroom.operators.light.dodge_burn import DODGE_BURN
from fluxroom.operators.light.lens_flare import LENS_FLARE
from fluxroom.operators.light.rim_light import RIM_LIGHT
from fluxroom.operators.light.side_light import SIDE_LIGHT
from fluxroom.operators.light.subject_light import SUBJECT_LIGHT
from fluxroom.operators.light.sun_patch import SUN_PATCH

__all__ = ["BLOOM", "DODGE_BURN", "LENS_FLARE", "RIM_LIGHT", "SIDE_LIGHT", "SUBJECT_LIGHT", "SUN_PATCH"]
