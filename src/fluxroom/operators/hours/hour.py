"""What sets one hour apart from another, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fluxroom.operators.declare import Label

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Hour:
    """One time of day.

    name, label, doc
    sun            degrees over the horizon
    model          degrees over the horizon of what lights the sky, in `sky.atmosphere`: the sun, by night the moon
    turbidity      of the model sky
    sky_level      luminance that the bright part of the sky gets, 1 = white
    sky_range      exponent on the model's luminance: below 1 the dome's brightness varies less, as film shows it
    stretch        by how much higher the colours of the horizon reach than in the model
    chroma         factor on the model's colour, and the largest (Oklab)
    rose           how far orange goes over to blue by rose, 0..1; see `colour.film`
    sky_tint       gains on it, as a film for daylight shows what is bluer
    own            how much of the photo's own sky stays in brightness and in colour, 0..1 each
    cloud_lit      clouds where the sun reaches them, at the horizon toward the sun, away from it, and overhead;
                   luminance against the sky behind
    cloud_shade    where it does not, at the horizon and overhead; alike
    cloud_tone     exponent of their own light and shade that is left on top of that
    under          how far their lower sides are lit (below 0: their upper sides), against what the photo shows, -1..1
    land_key       geometric mean luminance of the land that is aimed at
    land_most      most stops that the land is darkened by, and brightened by
    flatten        exponent taken off the land's own light and shade (below 0: more of it)
    shade, light   gains on what is in shade and on what is lit, luminance 1 or so
    raking         stops by which what faces the low light is brighter, and what is turned from it darker
    rods           share of the eye's rods: colour goes, blues stay (Purkinje)
    haze           share of the horizon's light before the farthest land
    silver         stops that bright water has more of
    rims           how far the rims of clouds are lit through, and no darker than the sky, 0..1
    lights         how many of the windows are lit, 0..1
    already        names of times of day in which it is that hour
    """

    name: str
    label: Label
    doc: str
    sun: float
    model: float
    turbidity: float
    sky_level: float
    sky_range: float
    stretch: float
    chroma: tuple[float, float]
    rose: float
    sky_tint: Color
    own: tuple[float, float]
    cloud_lit: tuple[Color, Color, Color]
    cloud_shade: tuple[Color, Color]
    cloud_tone: float
    under: float
    land_key: float
    land_most: tuple[float, float]
    flatten: float
    shade: Color
    light: Color
    raking: float
    rods: float
    haze: float
    silver: float
    rims: float
    lights: float
    already: tuple[str, ...]


GOLDEN = Hour(
    "golden_hour", Label("Golden hour", "黄金时刻"),
    "The low warm sun of the last hour: sky coloured by an atmosphere model about the photo's own sun, warm raking"
    " light on what is lit, cool shade, a breath of haze. Default: 0.85.",
    sun=4.5, model=4.5, turbidity=3.2, sky_level=0.60, sky_range=0.45, stretch=1.6, chroma=(1.05, 0.115), rose=0.35,
    sky_tint=(1.0, 1.0, 1.0), own=(0.50, 0.22),
    cloud_lit=((1.65, 1.00, 0.46), (1.50, 1.06, 0.70), (1.70, 1.24, 0.84)),
    cloud_shade=((0.66, 0.53, 0.52), (0.52, 0.57, 0.76)), cloud_tone=0.45, under=0.15,
    land_key=0.075, land_most=(0.8, 0.25), flatten=-0.16,
    shade=(0.76, 0.82, 0.97), light=(1.62, 1.04, 0.52), raking=0.55, rods=0.0, haze=0.13, silver=0.0, rims=1.0,
    lights=0.0, already=("golden_hour",),
)  # fmt: skip
DUSK = Hour(
    "dusk", Label("Dusk", "黄昏"),
    "After sunset: the horizon glows orange and rose under a deepening blue, clouds are lit from below, the land is"
    " cool with the last warmth on what faces the light. Default: 0.85.",
    sun=-2.5, model=-2.5, turbidity=2.8, sky_level=0.33, sky_range=0.66, stretch=1.8, chroma=(1.15, 0.135), rose=0.7,
    sky_tint=(1.0, 0.98, 1.08), own=(0.28, 0.10),
    cloud_lit=((1.95, 0.92, 0.34), (1.50, 0.96, 0.72), (1.75, 1.22, 0.98)),
    cloud_shade=((0.56, 0.46, 0.64), (0.38, 0.43, 0.92)), cloud_tone=0.50, under=0.50,
    land_key=0.027, land_most=(2.1, 0.0), flatten=0.17,
    shade=(0.78, 0.92, 1.48), light=(1.34, 0.98, 0.82), raking=0.40, rods=0.15, haze=0.10, silver=0.1, rims=1.0,
    lights=0.25, already=("dusk",),
)  # fmt: skip
BLUE = Hour(
    "blue_hour", Label("Blue hour", "蓝调时刻"),
    "Half an hour after sunset: a deep blue that changes from height to height over a soft remnant of warmth, clouds"
    " darker than the sky, windows lit. Default: 0.85.",
    sun=-5.5, model=-5.5, turbidity=2.2, sky_level=0.20, sky_range=0.72, stretch=2.0, chroma=(1.65, 0.165), rose=0.6,
    sky_tint=(0.74, 0.94, 1.56), own=(0.22, 0.06),
    cloud_lit=((0.98, 0.70, 0.80), (0.64, 0.70, 1.20), (0.56, 0.72, 1.48)),
    cloud_shade=((0.38, 0.40, 0.78), (0.26, 0.38, 1.05)), cloud_tone=0.60, under=0.40,
    land_key=0.030, land_most=(2.5, 0.0), flatten=0.02,
    shade=(0.55, 0.84, 2.05), light=(0.72, 0.92, 1.75), raking=0.28, rods=0.30, haze=0.08, silver=0.25, rims=0.6,
    lights=0.55, already=("blue_hour",),
)  # fmt: skip
NIGHT = Hour(
    "night", Label("Night", "夜晚"),
    "A moonlit night: a deep sky that is lighter low down, silver light and deep shade on a land that can be read;"
    " lamps that burn already stay, and some windows of buildings are lit. Default: 0.85.",
    sun=-12.0, model=16.0, turbidity=3.0, sky_level=0.045, sky_range=0.80, stretch=2.2, chroma=(1.25, 0.145), rose=0.0,
    sky_tint=(0.80, 0.91, 1.55), own=(0.16, 0.05),
    cloud_lit=((1.00, 1.20, 2.40), (1.00, 1.20, 2.40), (1.12, 1.48, 3.40)),
    cloud_shade=((0.38, 0.48, 1.20), (0.25, 0.38, 1.35)), cloud_tone=0.50, under=-0.25,
    land_key=0.018, land_most=(3.5, 0.0), flatten=-0.16,
    shade=(0.60, 0.84, 2.05), light=(0.98, 1.12, 1.72), raking=0.45, rods=0.70, haze=0.06, silver=0.8, rims=1.0,
    lights=0.65, already=("night", "blue_hour"),
)  # fmt: skip
NOON = Hour(
    "noon", Label("Noon", "正午"),
    "High sun: a clear blue sky, neutral bright light, the warmth of evening taken back. Default: 0.85.",
    sun=58.0, model=58.0, turbidity=2.2, sky_level=0.46, sky_range=0.45, stretch=1.0, chroma=(1.0, 0.115), rose=0.0,
    sky_tint=(1.0, 1.0, 1.0), own=(0.45, 0.10),
    cloud_lit=((1.45, 1.47, 1.50), (1.45, 1.47, 1.50), (1.75, 1.77, 1.80)),
    cloud_shade=((0.85, 0.88, 0.94), (0.85, 0.88, 0.94)), cloud_tone=0.55, under=-0.20,
    land_key=0.16, land_most=(0.2, 1.8), flatten=-0.10,
    shade=(0.95, 1.0, 1.08), light=(1.03, 1.0, 0.95), raking=0.0, rods=0.0, haze=0.0, silver=0.0, rims=1.0,
    lights=0.0, already=("day",),
)  # fmt: skip
HOURS = (GOLDEN, DUSK, BLUE, NIGHT, NOON)
