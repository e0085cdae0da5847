"""When and where a photo was taken, as its EXIF block says (CIPA DC-008: DateTimeOriginal, GPSLatitudeRef)."""

from __future__ import annotations

from dataclasses import dataclass

from fluxroom.photo import Photo
from fluxroom.photo.exif import EXIF_IFD, GPS_IFD, ExifError, directories

ORIGINAL, LATITUDE_REF = 0x9003, 1
TIMES = ("day", "golden_hour", "dusk", "blue_hour", "night")
HOURS = {  # weights of TIMES by hour of the camera's clock, wide because of latitude, season and wrong zones
    0: (0.05, 0.05, 0.05, 0.1, 1.0), 4: (0.1, 0.2, 0.3, 0.4, 0.7), 5: (0.2, 0.6, 0.6, 0.6, 0.4),
    6: (0.5, 0.9, 0.7, 0.6, 0.2), 7: (0.7, 1.0, 0.5, 0.4, 0.1), 8: (1.0, 0.7, 0.3, 0.2, 0.05),
    9: (1.0, 0.4, 0.1, 0.1, 0.05), 10: (1.0, 0.15, 0.05, 0.05, 0.05), 15: (1.0, 0.4, 0.1, 0.1, 0.05),
    16: (1.0, 0.7, 0.3, 0.3, 0.1), 17: (0.8, 1.0, 0.6, 0.5, 0.2), 18: (0.6, 1.0, 0.8, 0.6, 0.3),
    19: (0.4, 1.0, 1.0, 0.7, 0.4), 20: (0.2, 0.8, 1.0, 0.8, 0.6), 21: (0.1, 0.4, 0.7, 0.8, 0.8),
    22: (0.05, 0.1, 0.3, 0.4, 1.0),
}  # fmt: skip
SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True, slots=True)
class Taken:
    """What EXIF tells; None where it tells nothing. south: None if the hemisphere is not known."""

    month: int | None = None
    hour: int | None = None
    south: bool | None = None

    def hours(self) -> dict[str, float] | None:
        """How well each time of day goes with the clock."""
        if self.hour is None:
            return None
        weights = HOURS[max(h for h in HOURS if h <= self.hour)]
        return dict(zip(TIMES, weights, strict=True))

    def seasons(self) -> dict[str, float] | None:
        """How well each season goes with the month; the north is likelier where nothing says."""
        if self.month is None:
            return None
        north = self.month % 12 // 3
        near = {(self.month - 1) % 12 // 3: 0.35, (self.month + 1) % 12 // 3: 0.35, north: 1.0}
        weight = {name: near.get(i, 0.05) for i, name in enumerate(SEASONS)}
        turned = {name: near.get((i + 2) % 4, 0.05) for i, name in enumerate(SEASONS)}
        share = 0.15 if self.south is None else float(self.south)
        return {name: (1 - share) * weight[name] + share * turned[name] for name in SEASONS}

    def words(self, kind: str) -> tuple[str, ...]:
        if kind == "time" and self.hour is not None:
            return (f"EXIF: {self.hour}:00-{self.hour}:59",)
        if kind == "season" and self.month is not None:
            return (f"EXIF: {self.month:02d}",)
        return ()


def read_taken(photo: Photo) -> Taken:
    """Never raises: a block that cannot be read tells nothing."""
    try:
        found = directories(photo.metadata.exif)
    except ExifError:
        return Taken()
    fields = {e.tag: e.raw for e in (*found.get(0, []), *found.get(EXIF_IFD, []))}
    gps = {e.tag: e.raw for e in found.get(GPS_IFD, [])}
    reference = gps.get(LATITUDE_REF, b"")[:1]
    south = {b"S": True, b"N": False}.get(reference)
    # Only the moment of taking counts; DateTime may be when a file was changed.
    text = fields.get(ORIGINAL, b"").decode("ascii", "replace").strip("\0 ")
    try:
        month, hour = int(text[5:7]), int(text[11:13])
    except ValueError:
        return Taken(south=south)
    if not 1 <= month <= 12 or not 0 <= hour <= 23:
        return Taken(south=south)
    return Taken(month, hour, south)
