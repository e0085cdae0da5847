"""History: every version of a photo, kept for good.

`Library` is a folder with an SQLite database and content-addressed blobs. A
version is a whole recipe from the original, so any of them can be rendered
again at any time; the photo itself is only referred to, by its SHA-256.
"""

from fluxroom.history.carry import export_history, import_history
from fluxroom.history.clean import Cleaned, clean
from fluxroom.history.graph import Library, Source, Version, parse_version
from fluxroom.history.labels import Labels, drop_name, labels, names, set_name, set_note, set_tags
from fluxroom.history.replay import combine, fingerprint, pin
from fluxroom.history.sidecar import read_sidecar, sidecar_path, write_sidecar, write_xmp, xmp_path
from fluxroom.history.store import Blobs
from fluxroom.history.tries import Attempt, tries, tries_of_all
from fluxroom.own import default_path

__all__ = [
    "Attempt",
    "Blobs",
    "Cleaned",
    "Labels",
    "Library",
    "Source",
    "Version",
    "clean",
    "combine",
    "default_path",
    "drop_name",
    "export_history",
    "fingerprint",
    "import_history",
    "labels",
    "names",
    "parse_version",
    "pin",
    "read_sidecar",
    "set_name",
    "set_note",
    "set_tags",
    "sidecar_path",
    "tries",
    "tries_of_all",
    "write_sidecar",
    "write_xmp",
    "xmp_path",
]
