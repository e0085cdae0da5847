"""Time, weather and season: what EXIF tells, and that no evidence is untrue."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom.perception import answer, perceive
from fluxroom.perception.circumstances import (
    NAMES,
    OF_THE_SKY,
    PLAIN,
    Facts,
    find_season,
    find_time,
    find_weather,
    in_chinese,
)
from fluxroom.perception.taken import TIMES, Taken, by_elevation, read_taken
from fluxroom.photo import Photo, open_photo


def block(first: dict[int, tuple[int, bytes]], second: dict[int, tuple[int, bytes]]) -> bytes:
    """A little-endian TIFF structure with an EXIF and a GPS directory: tag -> (type, raw value)."""
    sizes = {2: 1, 5: 8}
    head = struct.pack("<2sHI", b"II", 42, 8)
    root_size = 2 + 2 * 12 + 4
    directories, bodies = [], b""
    start = 8 + root_size
    for entries in (first, second):
        table = struct.pack("<H", len(entries))
        after = start + 2 + 12 * len(entries) + 4
        values = b""
        for tag, (kind, raw) in sorted(entries.items()):
            count = len(raw) // sizes[kind]
            if len(raw) <= 4:
                table += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
            else:
                table += struct.pack("<HHII", tag, kind, count, after + len(values))
                values += raw
        directories.append(start)
        part = table + struct.pack("<I", 0) + values
        bodies += part
        start += len(part)
    root = struct.pack("<HHHII", 2, 0x8769, 4, 1, directories[0]) + struct.pack("<HHII", 0x8825, 4, 1, directories[1])
    return head + root + struct.pack("<I", 0) + bodies


def rationals(*values: float) -> tuple[int, bytes]:
    return 5, b"".join(struct.pack("<II", round(v * 1000), 1000) for v in values)


def text(value: str) -> tuple[int, bytes]:
    return 2, value.encode("ascii") + b"\0"


def place(latitude: float, longitude: float, **more: tuple[int, bytes]) -> dict[int, tuple[int, bytes]]:
    found = {1: text("N" if latitude >= 0 else "S"), 2: rationals(abs(latitude), 0, 0)}
    found |= {3: text("E" if longitude >= 0 else "W"), 4: rationals(abs(longitude), 0, 0)}
    return found | {{"time": 7, "looks_ref": 16, "looks": 17, "day": 29}[name]: value for name, value in more.items()}


@pytest.fixture
def grey(tmp_path: Path) -> Photo:
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((40, 60, 3), 90, np.uint8))
    return open_photo(path)


def stamped(photo: Photo, when: str, gps: dict[int, tuple[int, bytes]], offset: str = "") -> Photo:
    exif = {0x9003: text(when)} | ({0x9011: text(offset)} if offset else {})
    return replace(photo, metadata=replace(photo.metadata, exif=block(exif, gps)))


def test_place_and_offset(grey: Photo) -> None:
    photo = stamped(
        grey, "2003:10:17 12:30:30", place(39.742, -105.179, looks_ref=text("T"), looks=rationals(14.3)), "-07:00"
    )
    taken = read_taken(photo)
    assert (taken.month, taken.hour, taken.south, taken.zone_known) == (10, 12, False, True)
    assert taken.direction == pytest.approx(14.3)
    sun = taken.sun()
    assert sun is not None
    assert sun[0] == pytest.approx(39.89, abs=0.1)
    assert sun[1] == pytest.approx(194.34, abs=0.1)
    light = perceive(photo).light
    assert light.elevation == pytest.approx(39.9, abs=0.1)
    assert abs(light.azimuth) < 5  # the sun stands behind the camera
    assert light.azimuth_confidence > 0.8


def test_the_satellites_clock_tells_the_zone(grey: Photo) -> None:
    gps = place(35.0, 139.0, day=text("2020:06:01"), time=rationals(3, 0, 12))
    taken = read_taken(stamped(grey, "2020:06:01 12:00:30", gps))
    assert taken.zone_known
    assert taken.moment is not None
    offset = taken.moment.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 9 * 3600


def test_without_a_zone_the_longitude_stands_in(grey: Photo) -> None:
    taken = read_taken(stamped(grey, "2020:06:01 12:00:30", place(48.0, 16.0)))
    assert not taken.zone_known
    sun = taken.sun()
    assert sun is not None
    assert sun[0] > 55
    assert taken.words("time") == ("EXIF: 12:00-12:59",)


@pytest.mark.parametrize(
    ("when", "latitude", "time"),
    [
        ("2021:06:21 12:00:00", 50.0, "day"),
        ("2021:12:21 23:00:00", 50.0, "night"),
        ("2021:06:21 23:30:00", 78.0, "day"),  # the midnight sun
        ("2021:12:21 12:00:00", 78.0, "night"),  # the polar night
    ],
)
def test_the_suns_height_tells_the_time_of_day(when: str, latitude: float, time: str, grey: Photo) -> None:
    taken = read_taken(stamped(grey, when, place(latitude, 0.0), "+00:00"))
    hours = taken.hours()
    assert hours is not None
    assert max(hours, key=lambda n: hours[n]) == time


def test_weights_by_elevation_are_smooth_and_in_order() -> None:
    likeliest = []
    for degrees in np.arange(-30, 60, 0.25):
        weights = by_elevation(float(degrees))
        assert all(0 < w <= 1 for w in weights.values())
        likeliest.append(TIMES.index(max(weights, key=lambda n, w=weights: w[n])))
    assert likeliest == sorted(likeliest, reverse=True)
    assert set(likeliest) == set(range(5))


def test_hemisphere_and_tropics(grey: Photo) -> None:
    def likeliest(latitude: float) -> tuple[str, float]:
        seasons = read_taken(stamped(grey, "2021:07:10 12:00:00", place(latitude, 0.0))).seasons()
        assert seasons is not None
        best = max(seasons, key=lambda n: seasons[n])
        return best, seasons[best] / min(seasons.values())

    assert likeliest(-34.0)[0] == "winter"
    assert likeliest(50.0)[0] == "summer"
    assert likeliest(3.0)[1] < 3 < likeliest(50.0)[1]


@pytest.mark.parametrize(
    "gps",
    [
        {1: text("X"), 2: rationals(10, 0, 0)},
        {1: text("N"), 2: (5, struct.pack("<II", 1, 0) * 3)},
        {1: text("N"), 2: rationals(700, 0, 0), 3: text("E"), 4: rationals(10, 0, 0)},
        {7: rationals(99, 0, 0), 29: text("2020:13:40")},
    ],
)
def test_a_broken_place_tells_nothing(gps: dict[int, tuple[int, bytes]], grey: Photo) -> None:
    assert read_taken(stamped(grey, "2020:06:01 12:00:30", gps)).sun() is None


def test_exif_is_evidence_also_in_answers(grey: Photo) -> None:
    photo = stamped(grey, "2021:12:21 23:00:00", place(50.0, 0.0), "+00:00")
    scene = perceive(photo)
    assert scene.time_of_day.value == "night"
    said = answer(scene, "when was this taken?")
    assert said.value == "night"
    assert said.evidence[0].startswith("EXIF: the sun stood")
    assert answer(scene, "什么时候拍的？").evidence[0].startswith("EXIF：当时太阳在地平线下")
    assert answer(scene, "is this golden hour?").value == "no"


MIDDLE = Facts(**{name: (low + high) / 2 for name, (low, high) in PLAIN.items()})


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=len(NAMES), max_size=len(NAMES)))
def test_every_word_of_evidence_is_true(values: list[float]) -> None:
    """A fact that is said to be low (high) is at or beyond the bound from which that is plain."""
    from fluxroom.perception.circumstances import _phrases

    seen = Facts(**{n: PLAIN[n][0] + (PLAIN[n][1] - PLAIN[n][0] + 0.3) * v for n, v in zip(NAMES, values, strict=True)})
    by_words = {pair[i][0]: (name, i) for name, pair in _phrases().items() for i in (0, 1)}
    for guess in (find_time(seen, Taken()), find_weather(seen), find_season(seen, Taken())):
        assert len(guess.evidence) <= 3
        for words in guess.evidence:
            name, high = by_words[words]
            value = getattr(seen, name)
            assert value >= PLAIN[name][1] if high else value <= PLAIN[name][0]
            assert name not in OF_THE_SKY or seen.sky_part >= 0.02


def test_what_is_not_plain_is_not_said() -> None:
    for guess in (find_time(MIDDLE, Taken()), find_weather(MIDDLE), find_season(MIDDLE, Taken())):
        assert set(guess.evidence) <= {"the sun is in the frame", "the sun is not in the frame"}


def test_a_clock_that_speaks_against_it_is_told_as_such() -> None:
    snowy = replace(MIDDLE, snow=-1.0, vegetation=0.0, green=0.0, autumn=0.0, land_color=0.5)
    guess = find_season(snowy, Taken(month=7, south=False))
    if guess.value == "winter":
        assert guess.evidence[0] == "although EXIF: month 7, north of the equator"
    assert in_chinese(("although EXIF: month 7, north of the equator",)) == ("尽管 EXIF：7 月，北半球",)
    assert find_season(snowy, Taken(month=1, south=False)).evidence[0] == "EXIF: month 1, north of the equator"
