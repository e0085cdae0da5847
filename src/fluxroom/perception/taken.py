"""When and where a photo was taken, as its EXIF block says (CIPA DC-008), and where the sun stood then."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from fluxroom.perception.sun import solar_position
from fluxroom.photo import Photo
from fluxroom.photo.exif import EXIF_IFD, GPS_IFD, Entry, ExifError, byte_order, directories

ORIGINAL, OFFSET_ORIGINAL = 0x9003, 0x9011
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE, GPS_TIME, DIRECTION_REF, DIRECTION, GPS_DATE = (
    1,
    2,
    3,
    4,
    7,
    16,
    17,
    29,
)
TIMES = ("day", "golden_hour", "dusk", "blue_hour", "night")
HOURS = {  # weights of TIMES by hour of the camera's clock, wide because of latitude, season and wrong zones
    0: (0.05, 0.05, 0.05, 0.1, 1.0), 4: (0.1, 0.2, 0.3, 0.4, 0.7), 5: (0.2, 0.6, 0.6, 0.6, 0.4),
    6: (0.5, 0.9, 0.7, 0.6, 0.2), 7: (0.7, 1.0, 0.5, 0.4, 0.1), 8: (1.0, 0.7, 0.3, 0.2, 0.05),
    9: (1.0, 0.4, 0.1, 0.1, 0.05), 10: (1.0, 0.15, 0.05, 0.05, 0.05), 15: (1.0, 0.4, 0.1, 0.1, 0.05),
    16: (1.0, 0.7, 0.3, 0.3, 0.1), 17: (0.8, 1.0, 0.6, 0.5, 0.2), 18: (0.6, 1.0, 0.8, 0.6, 0.3),
    19: (0.4, 1.0, 1.0, 0.7, 0.4), 20: (0.2, 0.8, 1.0, 0.8, 0.6), 21: (0.1, 0.4, 0.7, 0.8, 0.8),
    22: (0.05, 0.1, 0.3, 0.4, 1.0),
}  # fmt: skip
ELEVATIONS = (  # the sun's elevation in degrees, and the weights of TIMES there; between them linear
    (-18.0, (0.01, 0.01, 0.02, 0.05, 1.0)), (-9.0, (0.01, 0.01, 0.1, 0.6, 1.0)), (-6.0, (0.01, 0.03, 0.6, 1.0, 0.4)),
    (-3.0, (0.03, 0.2, 1.0, 0.8, 0.05)), (-0.5, (0.1, 0.8, 1.0, 0.2, 0.02)), (3.0, (0.3, 1.0, 0.4, 0.03, 0.01)),
    (7.0, (0.8, 1.0, 0.05, 0.01, 0.01)), (12.0, (1.0, 0.4, 0.01, 0.01, 0.01)), (20.0, (1.0, 0.05, 0.01, 0.01, 0.01)),
)  # fmt: skip
ZONE_ERROR = 1.5
"""Hours by which a clock without a stated zone may differ from the zone of its longitude."""
SEASONS = ("winter", "spring", "summer", "autumn")
TROPICS = 15.0
"""Nearer to the equator than this (degrees) the months tell little about the look of the season."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What EXIF tells; None where it tells nothing.

    south                hemisphere
    latitude, longitude  degrees north and east
    moment               when, with its zone; zone_known False where the zone is only that of the longitude
    direction            where the camera looked, degrees from true north over east
    """

    month: int | None = None
    hour: int | None = None
    south: bool | None = None
    latitude: float | None = None
    longitude: float | None = None
    moment: datetime | None = None
    zone_known: bool = False
    direction: float | None = None

    def sun(self) -> tuple[float, float] | None:
        """(elevation, azimuth) of the sun in degrees where time and place are known; see `solar_position`."""
        if self.moment is None or self.latitude is None or self.longitude is None:
            return None
        return solar_position(self.moment, self.latitude, self.longitude)

    def hours(self) -> dict[str, float] | None:
        """How well each time of day goes with the sun's elevation then and there, or else with the clock."""
        sun = self.sun()
        if sun is not None and self.moment is not None and self.latitude is not None and self.longitude is not None:
            shifts = (0.0,) if self.zone_known else (-ZONE_ERROR, -ZONE_ERROR / 2, 0.0, ZONE_ERROR / 2, ZONE_ERROR)
            moments = (self.moment + timedelta(hours=shift) for shift in shifts)
            weights = [by_elevation(solar_position(m, self.latitude, self.longitude)[0]) for m in moments]
            return {name: sum(w[name] for w in weights) / len(weights) for name in TIMES}
        if self.hour is None:
            return None
        return dict(zip(TIMES, HOURS[max(h for h in HOURS if h <= self.hour)], strict=True))

    def seasons(self) -> dict[str, float] | None:
        """How well each season goes with the month; the north is likelier where nothing says."""
        if self.month is None:
            return None
        north = self.month % 12 // 3
        near = {(self.month - 1) % 12 // 3: 0.35, (self.month + 1) % 12 // 3: 0.35, north: 1.0}
        weight = {name: near.get(i, 0.05) for i, name in enumerate(SEASONS)}
        turned = {name: near.get((i + 2) % 4, 0.05) for i, name in enumerate(SEASONS)}
        share = 0.15 if self.south is None else float(self.south)
        mixed = {name: (1 - share) * weight[name] + share * turned[name] for name in SEASONS}
        if self.latitude is not None and abs(self.latitude) < TROPICS:
            return {name: 0.5 + 0.5 * value for name, value in mixed.items()}
        return mixed

    def words(self, kind: str) -> tuple[str, ...]:
        sun = self.sun()
        if kind == "time" and sun is not None and self.zone_known:
            return (f"EXIF: the sun stood {abs(sun[0]):.0f}° {'above' if sun[0] >= 0 else 'below'} the horizon",)
        if kind == "time" and self.hour is not None:
            return (f"EXIF: {self.hour}:00-{self.hour}:59",)
        if kind == "season" and self.month is not None:
            half = {None: "", True: ", south of the equator", False: ", north of the equator"}[self.south]
            return (f"EXIF: month {self.month}{half}",)
        return ()


def by_elevation(degrees: float) -> dict[str, float]:
    """How well each time of day goes with the sun that high; see ELEVATIONS."""
    steps = ELEVATIONS
    degrees = min(max(degrees, steps[0][0]), steps[-1][0])
    for (low, below), (high, above) in pairwise(steps):
        if degrees <= high:
            part = (degrees - low) / (high - low)
            return {n: (1 - part) * b + part * a for n, b, a in zip(TIMES, below, above, strict=True)}
    return dict(zip(TIMES, steps[-1][1], strict=True))


def read_taken(photo: Photo) -> Taken:
    """Never raises: a block that cannot be read tells nothing."""
    try:
        order = byte_order(photo.metadata.exif)[0]
        found = directories(photo.metadata.exif)
    except ExifError:
        return Taken()
    fields = {e.tag: e for e in (*found.get(0, []), *found.get(EXIF_IFD, []))}
    gps = {e.tag: e for e in found.get(GPS_IFD, [])}
    latitude = _degrees(gps.get(LATITUDE), order, 90.0, _letter(gps, LATITUDE_REF) == "S")
    longitude = _degrees(gps.get(LONGITUDE), order, 180.0, _letter(gps, LONGITUDE_REF) == "W")
    south = {"S": True, "N": False}.get(_letter(gps, LATITUDE_REF))
    looks = _rationals(gps.get(DIRECTION), order)
    # A magnetic bearing is taken for a true one: the difference is under 20 degrees almost everywhere people live.
    direction = looks[0] % 360 if looks and _letter(gps, DIRECTION_REF) in ("T", "M") else None
    # Only the moment of taking counts; DateTime may be when a file was changed.
    local = _moment(_text(fields.get(ORIGINAL)))
    satellite = _gps_moment(gps, order)
    moment, zone_known = _zoned(local, _text(fields.get(OFFSET_ORIGINAL)), satellite, longitude)
    day = local or satellite
    return Taken(
        month=None if day is None else day.month,
        hour=None if local is None else local.hour,
        south=south,
        latitude=None if south is None else latitude,
        longitude=longitude if _letter(gps, LONGITUDE_REF) in ("E", "W") else None,
        moment=moment,
        zone_known=zone_known,
        direction=direction,
    )


def _text(entry: Entry | None) -> str:
    return "" if entry is None else entry.raw.decode("ascii", "replace").strip("\0 ")


def _letter(gps: dict[int, Entry], tag: int) -> str:
    return _text(gps.get(tag))[:1].upper()


def _rationals(entry: Entry | None, order: str) -> list[float]:
    """The values of a RATIONAL field; empty if it is none or one of them is no number."""
    if entry is None or entry.type != 5 or len(entry.raw) < 8 * entry.count:
        return []
    numbers = struct.unpack_from(f"{order}{2 * entry.count}I", entry.raw)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return [] if any(bottom == 0 for _, bottom in pairs) else [top / bottom for top, bottom in pairs]


def _degrees(entry: Entry | None, order: str, most: float, negative: bool) -> float | None:
    parts = _rationals(entry, order)
    if not parts:
        return None
    value = sum(part / 60**i for i, part in enumerate(parts[:3]))
    return None if value > most else -value if negative else value


def _moment(text: str) -> datetime | None:
    """The start of "YYYY:MM:DD HH:MM:SS"; seconds and minutes may be missing."""
    for shape, length in (("%Y:%m:%d %H:%M:%S", 19), ("%Y:%m:%d %H:%M", 16), ("%Y:%m:%d %H", 13)):
        try:
            return datetime.strptime(text[:length], shape)
        except ValueError:
            continue
    return None


def _gps_moment(gps: dict[int, Entry], order: str) -> datetime | None:
    parts = _rationals(gps.get(GPS_TIME), order)
    day = _text(gps.get(GPS_DATE))
    if len(parts) != 3 or parts[0] >= 24 or parts[1] >= 60 or parts[2] >= 61:
        return None
    try:
        start = datetime.strptime(day[:10], "%Y:%m:%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return start + timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])


def _zoned(
    local: datetime | None, offset: str, satellite: datetime | None, longitude: float | None
) -> tuple[datetime | None, bool]:
    """The moment of taking in a zone, and whether that zone is known.

    By the stated offset from UTC; or the offset that the satellites' clock implies, in quarters of an hour; or that
    of the longitude.
    """
    if local is None:
        return satellite, satellite is not None
    minutes: float | None = None
    try:
        sign = {"+": 1, "-": -1}[offset[:1]]
        minutes = sign * (int(offset[1:3]) * 60 + int(offset[4:6]))
    except (KeyError, ValueError):
        if satellite is not None:
            minutes = round((local.replace(tzinfo=UTC) - satellite).total_seconds() / 900) * 15
    if minutes is not None and abs(minutes) <= 14 * 60:
        return local.replace(tzinfo=timezone(timedelta(minutes=minutes))), True
    if longitude is None:
        return None, False
    return local.replace(tzinfo=timezone(timedelta(hours=round(longitude / 15)))), False
