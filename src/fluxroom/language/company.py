"""What a wish means beside the other wishes of its sentence, and in the very word that was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxroom.language.asks import Ask, Wishes
from fluxroom.language.lexicon import Action
from fluxroom.language.mirror import sun_known
from fluxroom.recipe import parse_region

if TYPE_CHECKING:
    from fluxroom.scene import Scene

CLOUDY = 0.4
"""From this share of the sky on there are clouds enough to work with."""
MOODS_CLOUDY = 0.55
"""The same for a mood that brings masses of cloud: it wants more of them."""
CLOUD_KEYS = {"drama": CLOUDY, "weight": 0.55, "depth": 0.08, "detail": 0.08}
"""Qualities of the sky that cannot do without clouds, and the share below which new ones are made for them."""
_GOLDEN = ("golden", "金", "黄金", "honey", "amber")
_LIT = frozenset({"光线", "光", "light", "the light", "warm light", "暖光"})
_PINK = ("pink", "rose", "粉", "桃红", "玫")
_NEAR_SUN = "sky & near_sun"
_WARM_BEAMS = (Action("white_balance", {"temperature": 0.25, "tint": 0.03}, _NEAR_SUN),)
_WARM_CLOUDS = (
    Action("white_balance", {"temperature": 0.3}, "clouds & highlights"),
    Action("split_toning", {"highlight_hue": 80.0, "highlight_saturation": 0.15}, "clouds & highlights"),
)
_CLOUD_GLOW = (Action("sun_glow", {"strength": 0.35, "radius": 0.2}, "sky"),)
_CLOUD_LIGHT = (Action("highlights", {"amount": 0.3}, "clouds & highlights"),)
"""Clouds that glow where no sun is seen: by themselves."""
_BLACK_WHITE_CONTRAST = (Action("contrast", {"amount": 0.6}), Action("blacks", {"amount": -0.3}))
"""Without colour it takes more to look strong."""
_FILTERS = ("bw_yellow", "bw_orange", "bw_red", "bw_green", "bw_blue")
"""Concepts of filters for black and white; each is named like its filter."""
_FAINT = frozenset(
    {"stars", "many_stars", "milky_way", "aurora", "faint_aurora", "strong_aurora", "red_aurora", "purple_aurora",
     "meteor", "meteors", "star_trails"}
)  # fmt: skip
_NIGHTFALL = Action("night", {"strength": 0.95, "lights": 0.6}, "everything")
"""Night has to fall before faint lights show."""
_HOURS = ("blue_hour", "dusk", "night")
_NIGHTS = frozenset({"night", "starry_night", "milky_way_night", "blue_hour"})
_STORMS = frozenset({"storm_clouds", "rain", "heavy_rain", "night", "starry_night"})
_STORM = (
    Action("clouds", {"kind": "storm", "coverage": 0.85, "density": 0.8}, "sky"),
    Action("exposure", {"stops": -0.5}, "everything"),
    Action("cloud_drama", {"strength": 0.8}, "sky"),
)
_GLOOM = Action("blue_hour", {"strength": 0.7, "lights": 0.5}, "everything")
"""What lightning comes out of, and what a storm makes of a bright day."""
PINK_BANDS = ("magenta", "red", "purple")
"""Rose and salmon lie in red, mauve in purple."""
_LEAF_RED = {
    0.0: frozenset({"gold", "golden", "yellow", "金", "金色", "金黄", "金黄色", "黄", "黄色", "变黄", "枯黄"}),
    0.55: frozenset({"orange", "copper", "coppery", "橙", "橙色", "橙红", "橙红色", "橘", "橘色", "橘黄", "橘红"}),
    0.95: frozenset({"red", "crimson", "scarlet", "红", "红色", "变红", "深红", "大红", "火红", "通红", "红彤彤"}),
}
"""Share of red leaves, by the word for the colour that leaves are to have; "redder" is no such word."""


_FOG = ("fog", "mist", "雾", "薄雾", "雾气", "水汽", "迷雾", "雾感", "smog", "雾霾", "霾")
_LOW_DOWN = frozenset(
    {
        "water",
        "mountain",
        "rock",
        "trees",
        "vegetation",
        "grass",
        "ground",
        "sand",
        "road",
        "snow",
        "foreground",
        "building",
        "sky",
        "clouds",
    }
)
_WEATHER = frozenset(
    {"fog", "light_fog", "tree_fog", "dense_fog", "mist", "aerial_haze", "rain", "heavy_rain", "drizzle", "snowfall",
     "snowflakes", "heavy_snow", "light_snow", "rain_shafts", "thunderstorm_far", "dust_storm"}
)  # fmt: skip
_MIST = ("mist", "薄雾", "雾气", "水汽")
_FOGGED: dict[bool, Action] = {
    False: Action("fog", {"strength": 0.55}, "everything"),
    True: Action("mist", {"strength": 0.6, "height": 0.4}, "everything"),
}
"""What fog that is to come becomes; True: low banks over water."""


def is_pink(ask: Ask) -> bool:
    return any(t.plain.startswith(_PINK) for t in ask.tokens)


def where_light_falls(ask: Ask) -> str | None:
    """Where the wish works: light falls on all of the sky, not on its clouds alone."""
    weather = _fog_to_come(ask) or (ask.concept.key in _WEATHER and ask.sign > 0)
    if weather and ask.where is not None and _LOW_DOWN & parse_region(ask.where).names():
        return None  # weather does not end at the edges of what it lies on
    lit = ask.where == "clouds" and any(t.plain in _LIT for t in ask.tokens)
    return "sky" if lit and ask.concept.key == "warmth" else ask.where


def in_company(
    ask: Ask, actions: tuple[Action, ...], wishes: Wishes, scene: Scene | None, sky: bool
) -> tuple[Action, ...]:
    """The actions of the wish, given what else is wished. `sky`: the wish is about the sky."""
    if _fog_to_come(ask):
        return (_FOGGED[_low(ask)],)
    turned = _leaves_turned(ask)
    if turned:
        return turned
    key, more = ask.concept.key, ask.sign > 0
    others = {a.concept.key for a in wishes.asks if a is not ask and a.sign > 0}
    words = [t.plain for t in ask.tokens]
    if key == "contrast" and more and "black_white" in others:
        ask.strength = None if ask.strength is None else min(ask.strength, 1.0)
        return actions if sky else _BLACK_WHITE_CONTRAST
    if key == "black_white" and more:
        return _filtered(actions, others)
    first = next((a for a in wishes.asks if a.concept.key in _FAINT and a.sign > 0), None)
    if ask is first and scene is not None and not others & _NIGHTS and not _night(scene):
        return (_NIGHTFALL, *actions)
    if key == "lightning" and more and scene is not None and not others & _STORMS and not _stormy(scene):
        return (*_STORM, *((_GLOOM,) if _bright(scene) else ()), *actions)
    if key == "lit_windows" and others & set(_HOURS):
        hour = next(h for h in _HOURS if h in others)
        return (Action(hour, {"strength": 0.9 if hour == "night" else 0.85, "lights": 1.4}),)
    if key.endswith(("autumn", "leaves")) and any(f.concept.key in ("red", "red_leaves") for f in wishes.forbidden):
        return tuple(Action(a.operator, a.parameters | {"red": 0.0}, a.region) for a in actions)
    if key == "light_shafts":
        return _beams(ask, actions, wishes, scene)
    if "light_shafts" in others and more and key in ("golden_hour", "warmth"):
        if any(w.startswith(_GOLDEN) and "hour" not in w for w in words):
            return _WARM_BEAMS
        if key == "warmth" and ask.strength is None and _LIT.intersection(words):
            ask.strength = 0.625
    if sky and more and ask.where == "clouds" and {key, *others} >= {"warmth", "sun_glow"}:
        glow = _CLOUD_GLOW if scene is None or sun_known(scene) else _CLOUD_LIGHT
        return {"warmth": _WARM_CLOUDS, "sun_glow": glow}.get(key, actions)
    if key == "magenta" and is_pink(ask):
        amount = 0.35 if more else -0.4
        kept = tuple(a for a in actions if a.operator != "color_mixer")
        bands = (Action("color_mixer", {"hue_band": band, "saturation": amount}) for band in PINK_BANDS)
        return (*kept, *bands)
    return actions


def _night(scene: Scene) -> bool:
    """Whether the photo's sky is dark already."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    return p.get("night", 0.0) >= 0.5 * (sum(p.values()) or 1.0)


def _bright(scene: Scene) -> bool:
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    return p.get("day", 0.0) + p.get("golden_hour", 0.0) > 0.5 * (sum(p.values()) or 1.0)


def _stormy(scene: Scene) -> bool:
    """Whether a bolt may come out of the photo's own clouds."""
    p = scene.weather.probabilities or {scene.weather.value: 1.0}
    dark = (p.get("storm", 0.0) + 0.5 * p.get("overcast", 0.0)) / (sum(p.values()) or 1.0)
    return dark > 0.4 and scene.share("clouds") > 0.5 * scene.share("sky")


def _fog_to_come(ask: Ask) -> bool:
    """ "add fog", "给湖面加点雾": fog in depth, not the veil over all that "hazier" asks for."""
    return ask.concept.key == "haze" and ask.sign > 0 and any(t.plain in _FOG for t in ask.tokens)


def _low(ask: Ask) -> bool:
    """Whether the fog lies low: mist by name, or over water."""
    names = parse_region(ask.where).names() if ask.where else frozenset[str]()
    return "water" in names or any(t.plain in _MIST for t in ask.tokens)


def _leaves_turned(ask: Ask) -> tuple[Action, ...]:
    """ "turn the leaves gold", "把树叶变成金色": leaves of that colour are autumn's, not a tint over the trees."""
    if ask.sign < 0 or ask.where is None or "trees" not in ask.where.split(" - ")[0]:
        return ()
    words = {t.plain for t in ask.tokens}
    if words & _LIT:
        return ()
    share = next((red for red, names in _LEAF_RED.items() if words & names), None)
    return () if share is None else (Action("autumn", {"strength": 1.0, "red": share}),)


def _filtered(actions: tuple[Action, ...], others: set[str]) -> tuple[Action, ...]:
    """Black and white through the filter that the sentence names; a strong one has red, for the sky."""
    name = next((key.removeprefix("bw_") for key in _FILTERS if key in others), "")
    if not name and others & {"contrast", "drama", "epic", "moody", "gritty", "low_key"}:
        name = "red"
    if not name:
        return actions
    return tuple(Action(a.operator, a.parameters | {"filter": name}, a.region) for a in actions)


def _beams(ask: Ask, actions: tuple[Action, ...], wishes: Wishes, scene: Scene | None) -> tuple[Action, ...]:
    """Light that breaks through is warm near the sun; bare "god rays" keep their colour, add no glow, need no sky."""
    if any(a.noun for a in wishes.asks if a.concept.key == "light_shafts"):
        actions = tuple(a for a in actions if a.operator == "light_shafts")
    if scene is not None and scene.share("sky") < 0.02:
        actions = tuple(a for a in actions if a.operator == "light_shafts")
    return actions
