"""Where the sun stands, by time and place.

J. Meeus, Astronomical Algorithms (2nd ed. 1998), chapters 12, 13 and 25 (low accuracy, 0.01 degree), which is also
what NOAA's solar calculator uses; refraction by Saemundsson (Sky and Telescope 72, 1986).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def solar_coordinates(when: datetime) -> tuple[float, float]:
    """Apparent right ascension and declination, degrees. when: an aware datetime."""
    t = (when - J2000).total_seconds() / 86400 / 36525
    mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032)
    anomaly = math.radians(357.52911 + t * (35999.05029 - t * 0.0001537))
    centre = (
        (1.914602 - t * (0.004817 + t * 0.000014)) * math.sin(anomaly)
        + (0.019993 - 0.000101 * t) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * t)
    longitude = math.radians(mean_longitude + centre - 0.00569 - 0.00478 * math.sin(node))
    tilt = math.radians(23.439291 - t * (0.0130042 + t * 1.64e-7) + 0.00256 * math.cos(node))
    ascension = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    declination = math.asin(math.sin(tilt) * math.sin(longitude))
    return math.degrees(ascension) % 360, math.degrees(declination)


def solar_position(when: datetime, latitude: float, longitude: float) -> tuple[float, float]:
    """Elevation above the horizon with refraction, and azimuth from north over east; degrees.

    when: an aware datetime; latitude north and longitude east, degrees.
    """
    ascension, declination = solar_coordinates(when)
    days = (when - J2000).total_seconds() / 86400
    sidereal = 280.46061837 + 360.98564736629 * days
    hour = math.radians(sidereal + longitude - ascension)
    phi, delta = math.radians(latitude), math.radians(declination)
    sine = math.sin(phi) * math.sin(delta) + math.cos(phi) * math.cos(delta) * math.cos(hour)
    elevation = math.degrees(math.asin(max(-1.0, min(1.0, sine))))
    azimuth = math.degrees(math.atan2(math.sin(hour), math.cos(hour) * math.sin(phi) - math.tan(delta) * math.cos(phi)))
    if elevation > -1.0:
        elevation += 1.02 / 60 / math.tan(math.radians(elevation + 10.3 / (elevation + 5.11)))
    return elevation, (azimuth + 180) % 360
