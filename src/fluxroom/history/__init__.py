"""History: every version of a photo, kept for good.

`Library` is a folder with an SQLite database and content-addressed blobs. A
version is a whole recipe from the original, so any of them can be rendered
again at any time; the photo itself is only referred to, by its SHA-256.
"""

from fluxroom.history.graph import Library, Source, Version, default_path, parse_version
from fluxroom.history.replay import combine, fingerprint, pin
from fluxroom.history.store import Blobs

__all__ = [
    "Blobs",
    "Library",
    "Source",
    "Version",
    "combine",
    "default_path",
    "fingerprint",
    "parse_version",
    "pin",
]
