"""Looks as presets of other programs: Lightroom and Camera Raw (.xmp), darktable (.dtstyle).

Only operators that have an equivalent go in, only over the whole picture; the rest is named. An equivalent is the
slider of the same meaning at the same share of its range, not the same arithmetic: the programs differ in how far a
slider goes. A darktable style holds exposure alone, whose parameters are the same number of stops in both.
"""

from __future__ import annotations

import colorsys
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from fluxroom.describe import region_in_words
from fluxroom.errors import InputError
from fluxroom.looks.look import Look
from fluxroom.operators import resolve
from fluxroom.recipe import Adjustment, Value

Settings = dict[str, str]


@dataclass(frozen=True, slots=True)
class Preset:
    """The file's text, and a line for each adjustment that could not go in."""

    text: str
    outside: tuple[str, ...]


def _signed(value: float) -> str:
    return f"{value:+.0f}" if round(value) else "0"


def _slider(name: str, parameter: str = "amount", factor: float = 100) -> Callable[[dict[str, Value]], Settings]:
    return lambda p: {name: _signed(float(p[parameter]) * factor)}


def _exposure(p: dict[str, Value]) -> Settings:
    return {"Exposure2012": f"{float(p['stops']):+.2f}"}


def _white_balance(p: dict[str, Value]) -> Settings:
    if float(p["kelvin"]):
        kelvin, tint = f"{float(p['kelvin']):.0f}", _signed(150 * float(p["tint"]))
        return {"WhiteBalance": "Custom", "Temperature": kelvin, "Tint": tint}
    warm, tint = _signed(100 * float(p["temperature"])), _signed(100 * float(p["tint"]))
    return {"WhiteBalance": "Custom", "IncrementalTemperature": warm, "IncrementalTint": tint}


def _mixer(p: dict[str, Value]) -> Settings:
    band = str(p["hue_band"]).capitalize()
    names = (("HueAdjustment", "hue"), ("SaturationAdjustment", "saturation"), ("LuminanceAdjustment", "luminance"))
    return {f"{adobe}{band}": _signed(100 * float(p[ours])) for adobe, ours in names if float(p[ours])}


def _toning(p: dict[str, Value]) -> Settings:
    out = {"SplitToningBalance": _signed(100 * float(p["balance"]))}
    for part in ("Shadow", "Highlight"):
        out[f"SplitToning{part}Hue"] = f"{hsl_hue(float(p[f'{part.lower()}_hue'])):.0f}"
        out[f"SplitToning{part}Saturation"] = f"{100 * float(p[f'{part.lower()}_saturation']):.0f}"
    return out


def _black_and_white(p: dict[str, Value]) -> Settings:
    return {"ConvertToGrayscale": "True"}


def _vignette(p: dict[str, Value]) -> Settings:
    return {
        "PostCropVignetteAmount": _signed(100 * float(p["amount"])),
        "PostCropVignetteMidpoint": f"{100 * float(p['size']):.0f}",
        "PostCropVignetteRoundness": _signed(100 * float(p["roundness"])),
        "PostCropVignetteStyle": "1",
    }


def _grain(p: dict[str, Value]) -> Settings:
    return {"GrainAmount": f"{100 * float(p['amount']):.0f}", "GrainSize": f"{min(25 * float(p['size']), 100):.0f}"}


def _sharpen(p: dict[str, Value]) -> Settings:
    return {"Sharpness": f"{75 * float(p['amount']):.0f}", "SharpenRadius": f"{float(p['radius']):+.1f}"}


ADOBE: dict[str, Callable[[dict[str, Value]], Settings]] = {
    "exposure": _exposure,
    "contrast": _slider("Contrast2012"),
    "highlights": _slider("Highlights2012"),
    "shadows": _slider("Shadows2012"),
    "whites": _slider("Whites2012"),
    "blacks": _slider("Blacks2012"),
    "clarity": _slider("Clarity2012"),
    "texture": _slider("Texture"),
    "dehaze": _slider("Dehaze"),
    "vibrance": _slider("Vibrance"),
    "saturation": _slider("Saturation"),
    "noise_reduction": _slider("LuminanceSmoothing"),
    "white_balance": _white_balance,
    "color_mixer": _mixer,
    "split_toning": _toning,
    "black_and_white": _black_and_white,
    "vignette": _vignette,
    "grain": _grain,
    "sharpen": _sharpen,
}
"""Operator -> properties of http://ns.adobe.com/camera-raw-settings/1.0/ (process version 2012 and later)."""
_STRENGTHS = ("amount", "stops", "temperature", "tint", "hue", "saturation", "luminance", "shadow_saturation",
              "highlight_saturation")  # fmt: skip


def hsl_hue(oklab: float) -> float:
    """The hue (HSL, degrees) of a colour of medium lightness and that Oklab hue, as sRGB shows it (Ottosson 2020)."""
    a, b = 0.1 * np.cos(np.radians(oklab)), 0.1 * np.sin(np.radians(oklab))
    lms = np.array([0.7 + 0.3963377774 * a + 0.2158037573 * b, 0.7 - 0.1055613458 * a - 0.0638541728 * b,
                    0.7 - 0.0894841775 * a - 1.2914855480 * b]) ** 3  # fmt: skip
    linear = np.clip(
        np.array([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
                  [-0.0041960863, -0.7034186147, 1.7076147010]]) @ lms, 0, 1)  # fmt: skip
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return 360 * colorsys.rgb_to_hls(*(float(v) for v in coded))[0]


def _whole(look: Look) -> tuple[list[Adjustment], list[str]]:
    """Adjustments over the whole picture, and a line for each of the others."""
    inside, outside = [], []
    for a in look.recipe.adjustments:
        if a.region.text != "everything":
            outside.append(f"{a.operator}: only in {region_in_words(a.region, 'en')}")
        elif a.keep is not None or look.recipe.keep is not None:
            outside.append(f"{a.operator}: it spares a part of the picture")
        else:
            inside.append(a)
    return inside, outside


def _full(a: Adjustment) -> dict[str, Value]:
    """All parameters, with the opacity in the amounts."""
    values = resolve(a)[1]
    return {k: float(v) * a.opacity if k in _STRENGTHS and not isinstance(v, str) else v for k, v in values.items()}


def to_xmp(look: Look) -> Preset:
    """A preset for Lightroom and Camera Raw."""
    inside, outside = _whole(look)
    settings: Settings = {}
    for a in inside:
        new = ADOBE[a.operator](_full(a)) if a.operator in ADOBE else {}
        if a.operator not in ADOBE:
            outside.append(f"{a.operator}: Lightroom has no equivalent")
        elif a.operator == "black_and_white" and a.opacity * float(resolve(a)[1]["amount"]) < 0.99:
            outside.append(f"{a.operator}: Lightroom has no part of the way to grey")
        elif set(new) & set(settings) - {"WhiteBalance"}:
            outside.append(f"{a.operator}: a second time; Lightroom has it once")
        else:
            settings |= new
    attributes = {
        "PresetType": "Normal", "Cluster": "", "UUID": uuid.uuid5(uuid.NAMESPACE_URL, look.to_yaml()).hex.upper(),
        "SupportsAmount": "True", "SupportsColor": "True", "SupportsMonochrome": "True",
        "SupportsHighDynamicRange": "True", "SupportsNormalDynamicRange": "True", "SupportsSceneReferred": "True",
        "SupportsOutputReferred": "True",
        "Version": "15.0", "ProcessVersion": "11.0", **settings, "HasSettings": "True",
    }  # fmt: skip
    told = "\n".join(f"   crs:{name}={quoteattr(value)}" for name, value in attributes.items())

    def words(tag: str, text: str) -> str:
        return (
            f"   <crs:{tag}>\n    <rdf:Alt>\n"
            f'     <rdf:li xml:lang="x-default">{escape(text)}</rdf:li>\n'
            f"    </rdf:Alt>\n   </crs:{tag}>\n"
        )

    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="fluxroom">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about=""\n   xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"\n'
        f"{told}>\n{words('Name', look.title[0])}{words('Group', 'fluxroom')}"
        "  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
    )
    return Preset(text, tuple(outside))


def to_dtstyle(look: Look) -> Preset:
    """A style for darktable (3.0 or newer) with the look's exposure; everything else is named as outside.

    On a raw file it is the same number of stops. On a JPEG darktable's exposure works on coded values.
    """
    inside, outside = _whole(look)
    stops = 0.0
    for a in inside:
        if a.operator == "exposure":
            stops += float(_full(a)["stops"])
        else:
            outside.append(f"{a.operator}: left out, darktable's modules compute otherwise")
    if not stops:
        raise InputError("nothing of this look has an equivalent in darktable; export a .cube for its lut 3D module")
    # dt_iop_exposure_params_t, version 6: mode (manual), black, exposure, two numbers for "automatic", camera's bias.
    parameters = struct.pack("<iffffi", 0, 0.0, stops, 50.0, -4.0, 0).hex()
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<darktable_style version="1.0">\n <info>\n'
        f"  <name>fluxroom {escape(look.title[0])}</name>\n"
        f"  <description>{escape(look.about[0])}</description>\n </info>\n"
        " <style>\n  <plugin>\n   <num>0</num>\n   <module>6</module>\n   <operation>exposure</operation>\n"
        f"   <op_params>{parameters}</op_params>\n   <enabled>1</enabled>\n"
        "   <multi_priority>0</multi_priority>\n   <multi_name></multi_name>\n"
        "  </plugin>\n </style>\n</darktable_style>\n"
    )
    return Preset(text, tuple(outside))
