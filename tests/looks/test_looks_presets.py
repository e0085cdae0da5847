"""Presets for other programs: what goes in, and that what does not is named."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET

import pytest

from fluxroom.errors import InputError
from fluxroom.looks import Look, all_looks, find_look
from fluxroom.looks.presets import hsl_hue, to_dtstyle, to_xmp
from fluxroom.recipe import Adjustment, Recipe, Region

CRS = "{http://ns.adobe.com/camera-raw-settings/1.0/}"


def look(*adjustments: Adjustment) -> Look:
    return Look("a", ("A & <b>", "甲"), (), ("about", "关于"), Recipe(adjustments))


def settings(made: str) -> dict[str, str]:
    (description,) = ET.fromstring(made)[0]
    return {k.removeprefix(CRS): v for k, v in description.attrib.items()}


def test_what_lightroom_has() -> None:
    made = to_xmp(
        look(
            Adjustment("exposure", {"stops": 0.5}),
            Adjustment("highlights", {"amount": -0.3}, opacity=0.5),
            Adjustment("white_balance", {"temperature": -0.2, "tint": 0.1}),
            Adjustment("color_mixer", {"hue_band": "aqua", "hue": 0.2, "saturation": -0.1}),
            Adjustment("vignette", {"amount": -0.4}),
        )
    )
    got = settings(made.text)
    assert got["Exposure2012"] == "+0.50"
    assert got["Highlights2012"] == "-15"
    assert (got["IncrementalTemperature"], got["IncrementalTint"]) == ("-20", "+10")
    assert (got["HueAdjustmentAqua"], got["SaturationAdjustmentAqua"]) == ("+20", "-10")
    assert got["PostCropVignetteAmount"] == "-40"
    assert not made.outside
    assert "A &amp; &lt;b&gt;" in made.text


def test_what_lightroom_has_not_is_named() -> None:
    made = to_xmp(
        look(
            Adjustment("film_stock"),
            Adjustment("exposure", {"stops": 0.5}, Region("sky")),
            Adjustment("saturation", {"amount": 0.1}),
            Adjustment("saturation", {"amount": 0.2}),
            Adjustment("black_and_white", {"amount": 0.5}),
        )
    )
    assert made.outside == (
        "exposure: only in sky",
        "film_stock: Lightroom has no equivalent",
        "saturation: a second time; Lightroom has it once",
        "black_and_white: Lightroom has no part of the way to grey",
    )
    assert settings(made.text)["Saturation"] == "+10"


@pytest.mark.parametrize("key", [one.key for one in all_looks() if not one.own])
def test_every_look_goes_out_or_is_named(key: str) -> None:
    one = find_look(key)
    made = to_xmp(one)
    assert settings(made.text)["PresetType"] == "Normal"
    assert to_xmp(one).text == made.text
    named = {line.partition(":")[0] for line in made.outside}
    assert named <= {a.operator for a in one.recipe.adjustments}


def test_hues_are_those_of_the_screen() -> None:
    assert abs(hsl_hue(29.2) - 0) < 20 or abs(hsl_hue(29.2) - 360) < 20
    assert abs(hsl_hue(142.5) - 120) < 25
    assert abs(hsl_hue(264.1) - 230) < 25


def test_darktable_gets_the_exposure_alone() -> None:
    made = to_dtstyle(look(Adjustment("exposure", {"stops": 0.5}), Adjustment("contrast", {"amount": 0.2})))
    plugin = ET.fromstring(made.text).find("style/plugin")
    assert plugin is not None
    assert plugin.findtext("operation") == "exposure"
    mode, black, stops, *_ = struct.unpack("<iffffi", bytes.fromhex(plugin.findtext("op_params") or ""))
    assert (mode, black, stops) == (0, 0.0, 0.5)
    assert len(made.outside) == 1
    with pytest.raises(InputError, match="lut 3D"):
        to_dtstyle(look(Adjustment("contrast")))
