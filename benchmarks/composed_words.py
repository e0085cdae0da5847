"""`make bench-generate`: is what the words say in the picture? Things, colours, sides, counts and relations, measured.

Each prompt is composed with and without its thing; where the two differ by more than noise, the thing is. So nothing is
taken from what the composer says of itself. Prints a table and every miss.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

import fluxroom

SIZE = (384, 256)
F32 = NDArray[np.float32]
HUES = {"red": (340, 22), "purple": (262, 325)}
NAMES = {  # kind -> (English, Chinese with its measure word, places)
    "sailboat": ("sailboat", "一艘{}帆船", ("the sea", "大海"), ("a lake", "湖面")),
    "balloon": ("hot air balloon", "一个{}热气球", ("a meadow", "草原"), ("the desert", "沙漠")),
    "lighthouse": ("lighthouse", "一座{}灯塔", ("the sea", "大海"), ("the sea at dusk", "黄昏的大海")),
    "tree": ("tree", "一棵{}树", ("a meadow", "草原"), ("a snowy field", "雪地")),
    "person": ("person", "一个{}人", ("the beach", "海滩"), ("a meadow", "草原")),
    "house": ("house", "一座{}房子", ("a meadow", "草原"), ("a snowy field", "雪地")),
    "campfire": ("campfire", "{}篝火", ("a meadow at dusk", "黄昏的草原"), ("a beach at night", "夜晚的海滩")),
    "lantern": ("lantern", "一盏{}灯笼", ("a meadow at dusk", "黄昏的草原"), ("a bamboo grove", "竹林")),
}
COLORED = {"sailboat": "red", "balloon": "purple", "house": "red"}
ZH = {"red": "红色的", "purple": "紫色的", "blue": "蓝色的", "yellow": "黄色的", "": ""}
ZH_SIDE = {"left": "左边有", "right": "右边有", "": ""}
EN_SIDE = {"left": " on the left", "right": " on the right", "": ""}


@dataclass(frozen=True)
class Case:
    words: str
    without: str
    side: str = ""
    color: str = ""
    count: int = 0


def cases() -> list[Case]:
    out = []
    for kind, (en, zh, *places) in NAMES.items():
        for (place_en, place_zh), side in itertools.product(places, ("", "left", "right")):
            color = COLORED.get(kind, "")
            word = f"{color} {en}".strip()
            article = "an" if word[0] in "aeiou" else "a"
            out.append(
                Case(f"{article} {word}{EN_SIDE[side]}, {place_en}, clear sky", f"{place_en}, clear sky", side, color)
            )
            said = zh.format(ZH[color])
            out.append(Case(f"{place_zh}，{ZH_SIDE[side]}{said}，晴空", f"{place_zh}，晴空", side, color))
    for number, (en, zh) in {2: ("two", "两"), 3: ("three", "三")}.items():
        for kind_en, kind_zh, place_en, place_zh in (
            ("hot air balloons", "个热气球", "a meadow", "草原"),
            ("sailboats", "艘帆船", "the sea", "大海"),
            ("houses", "座房子", "a snowy field", "雪地"),
        ):
            out.append(Case(f"{en} {kind_en}, {place_en}, clear sky", f"{place_en}, clear sky", count=number))
            out.append(Case(f"{place_zh}，{zh}{kind_zh}，晴空", f"{place_zh}，晴空", count=number))
    return out


def relations() -> list[tuple[str, str, str, str]]:
    """Prompt, the first, the second, and where the first is to be."""
    out = []
    wishes = (
        ("a lighthouse", "a sailboat", "the sea"),
        ("a tree", "a house", "a meadow"),
        ("a hot air balloon", "a tree", "a meadow"),
        ("a house", "a person", "a snowy field"),
    )
    for first, second, place in wishes:
        for side in ("left", "right"):
            out.append((f"{first} to the {side} of {second}, {place}, clear sky", first, second, side))
    return out


def picture(words: str, seed: int) -> F32:
    made = fluxroom.generate(words, size=SIZE, seed=seed)
    return made.photo.codes.astype(np.float32) / 65535


def changed(a: F32, b: F32) -> NDArray[np.uint8]:
    mask = (np.abs(a - b).max(axis=-1) > 0.10).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)


def patches(mask: NDArray[np.uint8]) -> list[tuple[int, float]]:
    """(area, place across) of connected patches of some size, the largest first."""
    count, _, stats, middles = cv2.connectedComponentsWithStats(mask)
    found = [(int(stats[i, cv2.CC_STAT_AREA]), float(middles[i][0]) / SIZE[0]) for i in range(1, count)]
    return sorted((f for f in found if f[0] >= 12), reverse=True)


def is_color(a: F32, mask: NDArray[np.uint8], color: str) -> bool:
    """Whether most of the saturated pixels of what changed have the hue."""
    hsv = cv2.cvtColor(a, cv2.COLOR_RGB2HSV)[mask > 0]
    strong = hsv[(hsv[:, 1] > 0.3) & (hsv[:, 2] > 0.08)]
    if len(strong) < 6:
        return False
    low, high = HUES[color]
    hue = strong[:, 0]
    within = (hue >= low) & (hue <= high) if low < high else (hue >= low) | (hue <= high)
    return float(within.mean()) > 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    a = parser.parse_args()
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()

    def tell(kind: str, well: bool, words: str, seed: int) -> None:
        total[kind] += 1
        right[kind] += well
        if not well:
            print(f"✗ {kind}: {words} (seed {seed})", flush=True)

    empty: dict[tuple[str, int], F32] = {}
    for seed in range(a.seeds):
        for case in cases():
            if (case.without, seed) not in empty:
                empty[case.without, seed] = picture(case.without, seed)
            made = picture(case.words, seed)
            mask = changed(made, empty[case.without, seed])
            found = patches(mask)
            tell("there", bool(found), case.words, seed)
            if case.side:
                low, high = (0.0, 0.4) if case.side == "left" else (0.6, 1.0)
                tell("side", bool(found) and low <= found[0][1] <= high, case.words, seed)
            if case.color:
                tell("colour", bool(found) and is_color(made, mask, case.color), case.words, seed)
            if case.count:
                large = [f for f in found if f[0] * 20 >= found[0][0]]
                tell("count", len(large) == case.count, case.words, seed)
        for words, first, _, side in relations():
            place = words.split(", ")[1]
            both, other = (picture(w, seed) for w in (words, f"{place}, clear sky"))
            found = patches(changed(both, other))
            # The first and the second are told apart by what the picture looks like with the other taken out.
            alone = picture(f"{first} on the {side}, {place}, clear sky", seed)
            at = patches(changed(alone, other))
            sides = sorted(x for _, x in found[:2])
            well = len(sides) == 2 and bool(at) and abs(at[0][1] - (sides[0] if side == "left" else sides[1])) < 0.08
            tell("relation", well, words, seed)
    print("\n| | right |\n|---|---|")
    for kind in ("there", "colour", "side", "count", "relation"):
        print(f"| {kind} | {right[kind]} of {total[kind]} ({right[kind] / max(total[kind], 1):.0%}) |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
