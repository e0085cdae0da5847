"""Weather: fog, mist, haze, falling rain and snow.

Each reads the photo's own horizon, sky and regions from the scene; see docs/operators/weather.md.
"""

from fluxroom.operators.weather.fog import FOG, HAZE
from fluxroom.operators.weather.mist import MIST
from fluxroom.operators.weather.rain import RAIN
from fluxroom.operators.weather.snow_cover import SNOW_COVER
from fluxroom.operators.weather.snowfall import SNOWFALL

__all__ = ["FOG", "HAZE", "MIST", "RAIN", "SNOWFALL", "SNOW_COVER"]
