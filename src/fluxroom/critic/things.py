"""Claims about what was put in, taken out, and left alone."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from fluxroom.critic import reach
from fluxroom.critic.edges import box_of
from fluxroom.critic.goals import LANGUAGES, VISIBLE, kept_by_all
from fluxroom.critic.look import Look
from fluxroom.critic.verdict import Claim
from fluxroom.describe import region_in_words
from fluxroom.operators import Window, find
from fluxroom.recipe import Region
from fluxroom.render.masks import MaskMaker
from fluxroom.scene import Float

LEAST_DRAWN = 5e-5
"""Least share of the frame that things put in change plainly."""
THERE = 0.5
"""Least share of a thing, as planned, that must be in the result at its place."""
MOST_SPILL = 1e-4
"""Share of the frame that may change outside every region."""
PART = 512
"""Side of the parts in which a full-size mask is made, pixels."""
DRAWN: Mapping[str, tuple[float, str, str]] = {
    "elements": (8 * VISIBLE, "no free place was found for {}", "没有找到放置{}的位置"),
    "phenomena": (3 * VISIBLE, "{} cannot be seen in this sky", "这片天空里看不出{}"),
}
"""Families of things put in: how much they change their place (square-root encoded), and what to say if none does."""


def drawn_claims(look: Look) -> list[Claim]:
    """Each thing put in is to be seen at its place: plainly different there, and as it was drawn."""
    planned = dict(look.planned.things)
    plan, claims = look.planned.overview, []
    step = np.sqrt(np.maximum(look.after, 0)) - np.sqrt(np.maximum(look.before, 0))
    for index, adjustment in enumerate(look.recipe.adjustments):
        operator = find(adjustment.operator, adjustment.version)
        if operator.family not in DRAWN:
            continue
        plainly, absent_en, absent_zh = DRAWN[operator.family]
        en, zh = operator.label.en.lower(), operator.label.zh
        thing = planned.get(index)
        if thing is None or plan is None:
            share, there, box = _by_itself(step, plainly) if plan is None else (0.0, 0.0, None)
        else:
            off = np.sqrt(np.maximum(look.after, 0)) - np.sqrt(np.maximum(plan, 0))
            share, there, box = _at_its_place(thing, off, plainly)
        passed = share >= LEAST_DRAWN and there >= THERE
        why = absent_en.format(en) if share < LEAST_DRAWN else f"{en} is not in the picture where it was to be drawn"
        warum = absent_zh.format(zh) if share < LEAST_DRAWN else f"{zh}没有出现在应在的位置"
        claims.append(
            Claim(
                f"drawn: {operator.name}", "a visible thing", f"{share:.2%} of the frame", passed,
                f"{en} can be seen: {share:.2%} of the frame" if passed else why,
                f"{zh}可见:占画面 {share:.2%}" if passed else warum,
                (index,), "" if passed else "absent", there, THERE, box,
            )
        )  # fmt: skip
    return claims


def _by_itself(step: Float, plainly: float) -> tuple[float, float, tuple[float, float, float, float] | None]:
    """Where no plan tells the place: anything that changed plainly."""
    marks = np.abs(step).max(2) > plainly
    return float(marks.mean()), 1.0, box_of(marks)


def _at_its_place(
    thing: Float, off: Float, plainly: float
) -> tuple[float, float, tuple[float, float, float, float] | None]:
    """The share of the frame that a thing changes plainly, how much of it is there (1 all, 0 nothing), and where.

    thing   (h, w) what it changed when it was planned;  off   (h, w, 3) the result less the whole plan
    """
    marks = np.abs(thing) > plainly
    if not marks.any():
        return 0.0, 0.0, None
    # Against what surrounds it: what grades the whole picture otherwise than planned says nothing of the thing.
    own = thing
    grey = off.mean(2)
    weight = own[marks].astype(np.float64)
    missing = float((grey[marks] * weight).sum() / (weight**2).sum())
    return float(marks.mean()), 1.0 + missing, box_of(marks)


def removed_claims(look: Look) -> list[Claim]:
    """What was to be taken out was found and filled; the renderer's notes say where it was not."""
    claims = []
    for index, adjustment in enumerate(look.recipe.adjustments):
        operator = find(adjustment.operator, adjustment.version)
        if operator.family != "retouch":
            continue
        why = next((note for note in look.rendered.notes if note.startswith(f"{operator.name}: ")), "")
        en, zh = (region_in_words(adjustment.region, language) for language in LANGUAGES)
        claims.append(
            Claim(
                f"{operator.name}: {adjustment.region.text}", "taken out", why or "filled from around it", not why,
                why or f"{operator.label.en.lower()}: {en}, filled from around it",
                f"{operator.label.zh}:{zh},{'未能去除' if why else '已用周围的像素填补'}",
                (index,), "absent" if why else "",
            )
        )  # fmt: skip
    return claims


def kept_claims(look: Look) -> list[Claim]:
    """Where nothing may change, nothing did: counted on every pixel at full size, and by masks of the critic's own."""
    claims = []
    untouched = look.rendered.untouched
    outside = int(np.count_nonzero(look.changed & untouched))
    share = int(np.count_nonzero(untouched)) / untouched.size
    if share > 0:
        claims.append(
            Claim(
                "outside", "untouched", f"{outside} pixels changed", outside == 0,
                f"outside the edit ({share:.0%} of the frame) {outside} pixels changed",
                f"选区之外({share:.0%} 的画面)有 {outside} 个像素变化", (), "" if outside == 0 else "leak", outside,
            )
        )  # fmt: skip
    allowed = look.allowed()
    if allowed is not None:
        found = reach.spill(look.before, look.after, look.changed_small, allowed)
        passed = found.value <= MOST_SPILL
        if not passed:
            claims.append(
                Claim(
                    "in its place", "nothing outside the regions", f"{found.value:.2%} of the frame", passed,
                    f"{found.value:.2%} of the frame changed outside the regions that were meant",
                    f"选区之外有 {found.value:.2%} 的画面变化", (), "place", found.value, MOST_SPILL, found.box,
                )
            )  # fmt: skip
    keep = kept_by_all(look.recipe)
    if keep is not None:
        share = float((look.mask(keep) >= 0.5).mean())
        en, zh = (region_in_words(keep, language) for language in LANGUAGES)
        moved = _moved(look, keep)
        claims.append(
            Claim(
                f"keep: {keep}", "unchanged", f"{moved} pixels changed", moved == 0,
                f"kept as it was: {en} ({share:.0%} of the frame), {moved} pixels changed",
                f"保持不变:{zh}({share:.0%} 的画面),{moved} 个像素变化",
                (), "" if moved == 0 else "leak", moved,
            )
        )  # fmt: skip
    return claims


def _moved(look: Look, keep: Region) -> int:
    """How many whole pixels of a kept region changed; its full-size mask is made only where something near changed."""
    height, width = look.changed.shape
    small = cv2.dilate((look.mask(keep) > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    near = (small & (look.changed_small > 0)).astype(np.uint8)
    if not near.any():
        return 0
    maker, moved = MaskMaker(look.scene), 0
    mask = maker.make(keep)
    rows, columns = near.shape
    for y in range(0, height, PART):
        for x in range(0, width, PART):
            h, w = min(PART, height - y), min(PART, width - x)
            cells = near[
                y * rows // height : -(-(y + h) * rows // height), x * columns // width : -(-(x + w) * columns // width)
            ]
            if not cells.any():
                continue

            def pixels(y: int = y, x: int = x, h: int = h, w: int = w) -> Float:
                return look.photo.linear(y, x, h, w)

            kept = mask.window(Window(x, y, w, h, width, height), pixels) >= 0.5
            moved += int(np.count_nonzero(look.changed[y : y + h, x : x + w] & kept))
    return moved
