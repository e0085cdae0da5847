"""Words that name a part of the photo and nothing else: "the sky on the left", "水面"."""

from __future__ import annotations

from fluxroom.language.asks import union, within
from fluxroom.language.tagger import tag

_LITTLE = frozenset({"function", "prep", "this", "and", "mark", "comma"})


def region_said(text: str) -> str | None:
    """The region text, or None if the words say anything else."""
    region, place = "", ""
    for part in ("上的", "里的", "中的"):  # "山上的雪" is the snow
        text = text.rpartition(part)[2] or text
    for token in tag(text):
        if token.get("region") is not None and token.kind in ("region", "concept"):
            found = token.get("region")
            assert found is not None
            region = union(region, found.key) if region else found.key
        elif token.get("place") is not None:
            found = token.get("place")
            assert found is not None
            place = found.key
        elif token.kind == "everything":
            region = "everything"
        elif token.kind not in _LITTLE:
            return None
    if not region:
        return f"everything & {place}" if place else None
    return within(region, place) if place else region
