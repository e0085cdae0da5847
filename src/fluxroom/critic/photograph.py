"""Claims that it still looks like a photograph: no halos, seams, bands, noise, clipping, mud."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fluxroom.critic import edges, grain, reach
from fluxroom.critic.look import Look
from fluxroom.critic.measure import pure_tones
from fluxroom.critic.verdict import Box, Claim, Fault
from fluxroom.operators import resolve
from fluxroom.scene import Float

MAX_CLIPPED = 0.02
"""New pure white allowed, as a share of the frame."""
MAX_CRUSHED = 0.025
MAX_HALO = 0.1
"""EV of a rim along an edge."""
MAX_SEAM, MAX_SHORT = 0.045, 0.035
"""New lines along the edge of a region, of that edge's length; share of the strip beside it that was left out."""
MAX_NOISE = 1.7
"""Codes of 255 added to smooth parts."""
MAX_DRAWN = 4.5
"""The same where fine things are drawn into them by design (GRAINY)."""
MAX_BANDED = 0.04
"""Share of smooth parts with bands."""
MAX_SHARP = 1.4
"""How many times the finest detail may grow against coarser detail."""
LEAST_PLANNED = 0.02
"""Spread of colours below which a picture counts as of one colour."""
LEAST_COLOUR = 0.55
"""Share of the photo's colour (or of the plan's, if that is less) that must be left."""
RIMS = frozenset({
    "tilt_shift", "long_exposure", "orton", "bloom", "halation", "mist", "fog", "haze", "light_shafts", "sun_glow",
    "golden_hour", "dusk", "blue_hour", "night", "rim_light", "lens_flare", "clarity", "dehaze", "texture",
    "sky_reflection", "aurora", "clouds", "black_and_white", "rain", "snowfall", "dust", "sun_patch",
})  # fmt: skip
"""Operators that light, veil or blur the rims of things by design: the plan's own rim is theirs."""
GRAINY = frozenset({
    "grain", "film_stock", "rain", "snowfall", "snow_cover", "stars", "milky_way", "clouds", "aurora", "dust",
    "winter", "night", "wet_ground",
})  # fmt: skip
"""Operators that draw fine things into what was smooth."""
GRAIN = frozenset({"grain", "film_stock", "rain", "snowfall", "dust"})
"""Operators that draw grain or drops: noise cannot be told from them."""
WHITE = frozenset({"backdrop"})
"""Operators that make pure white by design."""
PATCHY = frozenset({"clouds", "autumn", "spring", "summer", "winter", "snow_cover", "stars", "color_mixer"})
"""Operators that by design leave alone what is not cloud, leaf, flat ground or of that colour."""
SHARP = frozenset({"sharpen", "texture", "clarity", "grain"})
MORE_RIM, LEAST_RIM = 0.025, 0.06
"""EV by which a rim may exceed such an operator's own; below the second nobody asks."""

_WORDS: Mapping[str, tuple[str, str, str, str]] = {  # fault -> en fine, en wrong, zh fine, zh wrong
    "halo": ("no halos", "a rim along an edge", "没有光晕边", "边缘出现光晕"),
    "seam": ("no seams", "a seam beside an edge", "没有接缝", "选区边缘出现接缝"),
    "noise": ("no added noise", "noise in smooth parts", "没有增加噪点", "平滑处出现噪点"),
    "banding": ("no banding", "bands in smooth parts", "没有色阶断层", "平滑处出现色阶断层"),
    "sharpened": ("not oversharpened", "oversharpened", "没有过度锐化", "锐化过度"),
    "colour": ("colour holds", "the colours went grey or into one hue", "色彩完好", "色彩变灰或偏成一色"),
}


def photograph_claims(look: Look) -> list[Claim]:
    """One claim for the tones, one for each way of looking worked on."""
    operators = {a.operator for a in look.recipe.adjustments if a.opacity > 0}
    claims = [_tones(look)]
    claims += _edges(look, operators)
    claims += _grain(look, operators)
    claims.append(_colour(look))
    return claims


def _claim(
    fault: Fault,
    value: float,
    limit: float,
    measured: tuple[str, str],
    box: Box | None = None,
    least: bool = False,
) -> Claim:
    """measured: the figure in English and in Chinese;  least: the limit is the least allowed, not the most."""
    passed = value >= limit if least else value <= limit
    fine, wrong, zh_fine, zh_wrong = _WORDS[fault]
    return Claim(
        fault, fine, measured[0], passed,
        f"{fine if passed else wrong}: {measured[0]}", f"{zh_fine if passed else zh_wrong}:{measured[1]}",
        (), "" if passed else fault, value, limit, None if passed else box,
    )  # fmt: skip


def _tones(look: Look) -> Claim:
    then, now = pure_tones(look.after), pure_tones(look.before)
    clipped, crushed = then[0] - now[0], then[1] - now[1]
    if any(a.operator in WHITE for a in look.recipe.adjustments):
        clipped = min(clipped, 0.0)
    fine = clipped <= MAX_CLIPPED and crushed <= MAX_CRUSHED
    worst, limit = max((clipped, MAX_CLIPPED), (crushed, MAX_CRUSHED), key=lambda pair: pair[0] / pair[1])
    return Claim(
        "clipping", "no new pure white or black", f"white {clipped:+.1%}, black {crushed:+.1%}", fine,
        f"tones hold: pure white {clipped:+.1%}, pure black {crushed:+.1%} of the frame" if fine else
        f"tones are lost: pure white {clipped:+.1%}, pure black {crushed:+.1%} of the frame",
        f"影调{'完好' if fine else '有损失'}:纯白 {clipped:+.1%},纯黑 {crushed:+.1%}",
        (), "" if fine else "strong", worst, limit,
    )  # fmt: skip


def _edges(look: Look, operators: set[str]) -> list[Claim]:
    if any(resolve(a)[0].family == "retouch" for a in look.recipe.adjustments):
        return []  # what was filled has edges of its own
    rim, most = edges.Found(0.0), MAX_HALO
    seam, left = edges.Found(0.0), edges.Found(0.0)
    overview = look.planned.overview
    plan = None if overview is None else edges.Pair(look.before, overview)
    masked = {a.region for a in look.recipe.adjustments} | {look.recipe.keep}
    regions = look.named()
    if not regions:
        return []
    for region in regions:
        distance = look.edge(region)
        assert distance is not None
        found, limit = edges.halo(look.pair, distance), MAX_HALO
        if found.value > LEAST_RIM and operators & RIMS and plan is not None:
            limit = max(LEAST_RIM, edges.halo(plan, distance).value + MORE_RIM)
        if found.value / limit >= rim.value / most:
            rim, most = found, limit
        if region in masked and not operators & {"rain", "snowfall"}:
            parts = region.tree.names()
            drawn = any(a.operator in PATCHY and a.region.tree.names() & parts for a in look.recipe.adjustments)
            seam = max(seam, edges.seam(look.pair, distance, drawn), key=lambda f: f.value)
        if any(a.region == region and a.operator not in PATCHY for a in look.recipe.adjustments):
            kept = look.kept(None)
            mask = look.mask(region) if kept is None else look.mask(region) * (1 - kept)
            left = max(left, reach.short(look.changed_small, mask, distance), key=lambda f: f.value)
    claims = [_claim("halo", rim.value, most, (f"{rim.value:.2f} EV",) * 2, rim.box)]
    if left.value > MAX_SHORT:
        said = (f"{left.value:.0%} left out beside the edge", f"边缘旁有 {left.value:.0%} 没有处理")
        claims.append(_claim("seam", left.value, MAX_SHORT, said, left.box))
    elif masked & set(regions):
        said = (f"{seam.value:.0%} of the edge", f"边缘的 {seam.value:.0%}")
        claims.append(_claim("seam", seam.value, MAX_SEAM, said, seam.box))
    return claims


def _grain(look: Look, operators: set[str]) -> list[Claim]:
    if look.rendered.codes.shape[:2] != look.photo.codes.shape[:2]:
        return []
    seen = grain.look(look.photo.codes, look.rendered.codes, look.changed_small, (look.small.codes, look.codes_after))
    claims = []
    if seen.smooth and not operators & GRAIN:
        limit = MAX_DRAWN if operators & GRAINY else MAX_NOISE
        claims.append(_claim("noise", seen.noise, limit, (f"{seen.noise:.1f} of 255", f"{seen.noise:.1f}/255")))
    if seen.sloping:
        claims.append(
            _claim(
                "banding",
                seen.banding,
                MAX_BANDED,
                (f"{seen.banding:.0%} of what is smooth", f"平滑处的 {seen.banding:.0%}"),
            )
        )
    if seen.detailed and not operators & (SHARP | {"rain", "snowfall"}):
        claims.append(
            _claim(
                "sharpened",
                seen.sharpening,
                MAX_SHARP,
                (f"finest detail x{seen.sharpening:.2f}", f"最细的细节 {seen.sharpening:.2f} 倍"),
            )
        )
    return claims


def _colour(look: Look) -> Claim:
    """How much of the differences of colour is left, of the photo's or the plan's, whichever has less."""
    before = _colours(look.before)
    plan = before if look.planned.overview is None else min(before, _colours(look.planned.overview))
    if plan < LEAST_PLANNED:
        return _claim("colour", 1.0, LEAST_COLOUR, ("hardly any to begin with", "本来就没有多少色彩"), least=True)
    left = _colours(look.after) / plan
    return _claim("colour", left, LEAST_COLOUR, (f"{left:.0%}",) * 2, least=True)


def _colours(pixels: Float) -> float:
    """Spread of opponent colours (square-root encoded) around their mean: 0 for grey, or for one hue alone."""
    small = np.sqrt(np.maximum(pixels[::4, ::4], 0))
    r, g, b = small[..., 0], small[..., 1], small[..., 2]
    light = r + g + b + np.float32(0.15)  # a hue that is everywhere the same, however light, counts as none
    return float(np.hypot(((r - g) / light).std(), ((0.5 * (r + g) - b) / light).std()))
