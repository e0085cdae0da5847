"""Looks: named recipes that fit any photo, built in or the user's own; and the ways in and out of other programs."""

from fluxroom.looks.book import add_look, all_looks, broken, find_look, import_cube, save_look, search, share_look
from fluxroom.looks.look import Look, read_look

__all__ = [
    "Look",
    "add_look",
    "all_looks",
    "broken",
    "find_look",
    "import_cube",
    "read_look",
    "save_look",
    "search",
    "share_look",
]
