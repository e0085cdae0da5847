"""Sky operators: stronger clouds, new clouds, glow, shafts, and land that follows the sky.

Each reads the photo's own sun, horizon and colours from the scene; `fluxroom.sky` does the physics.
"""

from fluxroom.operators.sky.cloud_drama import CLOUD_DRAMA
from fluxroom.operators.sky.clouds import CLOUDS
from fluxroom.operators.sky.light_shafts import LIGHT_SHAFTS
from fluxroom.operators.sky.relight import RELIGHT
from fluxroom.operators.sky.sky_reflection import SKY_REFLECTION
from fluxroom.operators.sky.sun_glow import SUN_GLOW

__all__ = ["CLOUDS", "CLOUD_DRAMA", "LIGHT_SHAFTS", "RELIGHT", "SKY_REFLECTION", "SUN_GLOW"]
