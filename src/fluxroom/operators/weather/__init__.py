"""Weather: fog, mist, haze, dust, falling rain and snow, and what both leave on the ground.

Each reads the photo's own horizon, sky and regions from the scene; see docs/operators/weather.md.
"""

from fluxroom.operators.weather.dust import DUST
from fluxroom.operators.weather.fog import FOG, HAZE
from fluxroom.operators.weather.mist import MIST
from fluxroom.operators.weather.rain import RAIN
from fluxroom.operators.weather.rain_shafts import RAIN_SHAFTS
from fluxroom.operators.weather.snow_cover import SNOW_COVER
from fluxroom.operators.weather.snowfall import SNOWFALL
from fluxroom.operators.weather.wet_ground import WET_GROUND

__all__ = ["DUST", "FOG", "HAZE", "MIST", "RAIN", "RAIN_SHAFTS", "SNOWFALL", "SNOW_COVER", "WET_GROUND"]
