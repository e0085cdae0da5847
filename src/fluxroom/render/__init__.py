"""Rendering: a recipe, a photo and its scene to full-size code values."""

from fluxroom.render.engine import Rendered, render, render_preview
from fluxroom.render.masks import full_mask
from fluxroom.render.plan import is_blind
from fluxroom.render.regions import preview_mask
from fluxroom.render.trace import Part

__all__ = ["Part", "Rendered", "full_mask", "is_blind", "preview_mask", "render", "render_preview"]
