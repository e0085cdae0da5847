"""How things take light: from a sun, a sky above, a ground below, and through thin cloth.

Lambert's cosine for the sun, softened for a wide light; two half spheres for the rest (Hemisphere lighting, Taylor &
Hart 2003); what is thin lets its own colour through, from the side turned away (Green, GDC 2004).
"""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.operators.elements.place import Lit
from fluxroom.scene import Float


def shaded(albedo: Float, normal: Float, light: Lit, through: float = 0.0, cover: Float | float = 1.0) -> Float:
    """Light that comes from a surface, (..., 3) linear.

    albedo   (..., 3) or (3,);  normal (..., 3), unit: x right, y up, z ahead (so -1 looks into the camera)
    through  how much of the light on its back comes through;  cover  0 in a fold or shadow .. 1 open
    """
    facing = np.asarray(normal @ light.sun, np.float32)
    wrap = np.float32(0.12)
    front = np.clip((facing + wrap) / (1 + wrap), 0, 1) ** 1.15
    back = np.clip(-facing, 0, 1)
    up = np.float32(0.5) + np.float32(0.5) * np.asarray(normal[..., 1], np.float32)
    open_ = np.asarray(cover, np.float32)[..., None]
    sky = light.below + up[..., None] * (light.above - light.below)
    taken = front[..., None] * light.direct * open_ + sky * (np.float32(0.4) + np.float32(0.6) * open_)
    out = albedo * taken
    if through > 0:
        deep = albedo * np.sqrt(np.maximum(albedo, 0))  # twice through the dye: a purer colour
        out = out + np.float32(through) * deep * (back[..., None] * light.direct + np.float32(0.5) * light.above)
    return np.asarray(out, np.float32)


def toned(picture: Float, light: Lit) -> Float:
    """Within the photo's own black and white points; premultiplied in, premultiplied out."""
    alpha = np.maximum(picture[..., 3:], np.float32(1e-4))
    color = np.maximum(picture[..., :3], 0) / alpha
    y = np.maximum(color @ np.array(LUMA, np.float32), np.float32(1e-5))[..., None]
    knee, top = np.float32(0.7 * light.top), np.float32(max(light.top, 1e-3))
    over = np.maximum(y - knee, 0)
    room = np.maximum(top - knee, np.float32(1e-4))
    held = np.minimum(y, knee) + room * over / (over + room)
    color = color * (held / y)
    color = color + np.float32(light.black) * (1 - np.clip(color / top, 0, 1))
    out = picture.copy()
    out[..., :3] = color * picture[..., 3:]
    return out
