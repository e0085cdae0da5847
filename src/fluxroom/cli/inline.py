"""Pictures inside a terminal, where it can show them."""

from __future__ import annotations

import base64
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

CHUNK = 4096


def can_show() -> str:
    """Which way of showing pictures the terminal has: "kitty", "iterm" or "" for none."""
    if not sys.stdout.isatty() or os.environ.get("TMUX"):
        return ""
    program = os.environ.get("TERM_PROGRAM", "")
    if os.environ.get("KITTY_WINDOW_ID") or "kitty" in os.environ.get("TERM", "") or program in ("ghostty", "WezTerm"):
        return "kitty"
    return "iterm" if program == "iTerm.app" or os.environ.get("KONSOLE_VERSION") else ""


def shown(picture: Image, way: str) -> str:
    """The picture as the terminal's own command.

    kitty   terminal graphics protocol: PNG in chunks of 4096 base64 characters, each with m=1 but the last
    iterm   OSC 1337 File, inline
    """
    data = io.BytesIO()
    picture.save(data, "PNG")
    coded = base64.b64encode(data.getvalue()).decode()
    if way == "iterm":
        return f"\x1b]1337;File=inline=1;size={len(data.getvalue())}:{coded}\a\n"
    parts = [coded[i : i + CHUNK] for i in range(0, len(coded), CHUNK)]
    out = []
    for i, part in enumerate(parts):
        control = "a=T,f=100," if i == 0 else ""
        out.append(f"\x1b_G{control}m={int(i < len(parts) - 1)};{part}\x1b\\")
    return "".join(out) + "\n"
