"""What sets one hour apart from another, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fluxroom.operators.declare import Label

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Hour:
    """One time of day.

    name, label, doc
    sun            degrees over the horizon in `sky.atmosphere`
    turbidity      of the model sky
    sky_level      luminance that the bright part of the sky gets, 1 = white
    sky_range      exponent on the model's luminance: below 1 the dome's brightness varies less, as film shows it
    sky_chroma     factor on the model's colour
    sky_tint       gains on it, as a film for daylight shows what is bluer
    own            how much of the photo's own sky stays in brightness and in colour, 0..1 each
    relief         exponent on the relief of clouds
    cloud          how far clouds take the sun's light instead of the sky's colour behind them, 0..1
    cloud_level    brightness of clouds, against what the sky around them has
    cloud_color    that light, linear, at the horizon and overhead
    land_key       geometric mean luminance of the land that is aimed at
    land_most      most stops that the land is darkened by, and brightened by
    flatten        exponent taken off the land's own light and shade (below 0: more of it)
    shade, light   gains on what is in shade and on what is lit, luminance 1 or so
    rods           share of the eye's rods: colour goes, blues stay (Purkinje)
    haze           share of the horizon's light before the far land
    lights         how many of the windows are lit, 0..1
    already        names of times of day in which it is that hour
    """

    name: str
    label: Label
    doc: str
    sun: float
    turbidity: float
    sky_level: float
    sky_range: float
    sky_chroma: float
    sky_tint: Color
    own: tuple[float, float]
    relief: float
    cloud: float
    cloud_level: float
    cloud_color: tuple[Color, Color]
    land_key: float
    land_most: tuple[float, float]
    flatten: float
    shade: Color
    light: Color
    rods: float
    haze: float
    lights: float
    already: tuple[str, ...]


GOLDEN = Hour(
    "golden_hour", Label("Golden hour", "黄金时刻"),
    "The low warm sun of the last hour: sky coloured by an atmosphere model about the photo's own sun, warm light on"
    " what is lit, cool shade, a breath of haze. No glow is put where no sun was seen. Default: 0.85.",
    sun=5.0, turbidity=3.0, sky_level=0.60, sky_range=0.42, sky_chroma=1.15, sky_tint=(1.0, 1.0, 1.0),
    own=(0.55, 0.22), relief=1.08, cloud=0.95,
    cloud_level=0.95,
    cloud_color=((1.45, 0.90, 0.44), (1.22, 0.95, 0.70)), land_key=0.075, land_most=(0.8, 0.25), flatten=-0.16,
    shade=(0.80, 0.83, 0.90), light=(1.50, 1.03, 0.52), rods=0.0, haze=0.10, lights=0.0, already=("golden_hour",),
)  # fmt: skip
DUSK = Hour(
    "dusk", Label("Dusk", "黄昏"),
    "After sunset: a band of orange at the horizon under a deepening blue, the land dark, cool and without sun."
    " Default: 0.85.",
    sun=-2.5, turbidity=2.6, sky_level=0.42, sky_range=0.55, sky_chroma=1.35, sky_tint=(0.98, 0.96, 1.12),
    own=(0.30, 0.12), relief=0.62, cloud=0.55,
    cloud_level=0.98,
    cloud_color=((0.62, 0.34, 0.25), (0.22, 0.24, 0.36)), land_key=0.017, land_most=(3.0, 0.0), flatten=0.38,
    shade=(0.84, 0.97, 1.32), light=(0.92, 0.95, 1.12), rods=0.25, haze=0.02, lights=0.25, already=("dusk",),
)  # fmt: skip
BLUE = Hour(
    "blue_hour", Label("Blue hour", "蓝调时刻"),
    "Half an hour after sunset: everything in the sky's deep blue, light still in the horizon, windows lit."
    " Default: 0.85.",
    sun=-6.0, turbidity=2.0, sky_level=0.15, sky_range=0.66, sky_chroma=1.15, sky_tint=(0.62, 0.92, 1.55),
    own=(0.22, 0.08), relief=0.6, cloud=0.35,
    cloud_level=0.92,
    cloud_color=((0.20, 0.22, 0.36), (0.09, 0.13, 0.27)), land_key=0.017, land_most=(3.2, 0.0), flatten=0.42,
    shade=(0.52, 0.86, 1.95), light=(0.58, 0.88, 1.75), rods=0.42, haze=0.02, lights=0.55, already=("blue_hour",),
)  # fmt: skip
NIGHT = Hour(
    "night", Label("Night", "夜晚"),
    "Day for night: dark, with little colour and that blue, as the eye's rods see; lights that burn already stay, and"
    " some windows of buildings are lit. Default: 0.85.",
    sun=-8.0, turbidity=2.0, sky_level=0.030, sky_range=0.30, sky_chroma=0.9, sky_tint=(0.58, 0.92, 1.60),
    own=(0.25, 0.05), relief=0.62, cloud=0.5,
    cloud_level=0.95,
    cloud_color=((0.030, 0.036, 0.056), (0.014, 0.019, 0.036)), land_key=0.0065, land_most=(4.4, 0.0), flatten=0.22,
    shade=(0.46, 0.84, 2.1), light=(0.60, 0.90, 1.75), rods=0.62, haze=0.0, lights=0.65, already=("night", "blue_hour"),
)  # fmt: skip
NOON = Hour(
    "noon", Label("Noon", "正午"),
    "High sun: a clear blue sky, neutral bright light, the warmth of evening taken back. Default: 0.85.",
    sun=58.0, turbidity=2.2, sky_level=0.46, sky_range=0.45, sky_chroma=1.05, sky_tint=(1.0, 1.0, 1.0),
    own=(0.45, 0.10), relief=1.0, cloud=0.8,
    cloud_level=1.05,
    cloud_color=((0.80, 0.82, 0.86), (0.86, 0.87, 0.88)), land_key=0.16, land_most=(0.2, 1.8), flatten=-0.10,
    shade=(0.95, 1.0, 1.08), light=(1.03, 1.0, 0.95), rods=0.0, haze=0.0, lights=0.0, already=("day",),
)  # fmt: skip
HOURS = (GOLDEN, DUSK, BLUE, NIGHT, NOON)
