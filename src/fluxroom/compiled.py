"""Where numba keeps the compiled kernels: the first run after installing compiles them, later ones load them.

Numba's own choice, `__pycache__` beside the source, has two faults for an installed package. It is not writable where
the package belongs to the system, and without a home folder either, numba refuses to start. And numba looks only at
the file that a kernel stands in, so a kernel that has merged a helper from another file would survive an upgrade of
that file. So an installed fluxroom keeps its kernels in the user's cache folder, under a name that follows from all
of its source files; a checkout that is worked on keeps them beside the source, so that a change costs one file.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent
VARIABLE = "NUMBA_CACHE_DIR"
_INSTALLED = {"site-packages", "dist-packages"}


def settle() -> None:
    """Choose the folder, unless the user did ($NUMBA_CACHE_DIR) or numba already runs in this process."""
    if os.environ.get(VARIABLE) or "numba" in sys.modules:
        return
    if not _INSTALLED.intersection(ROOT.parts) and _writable(ROOT / "__pycache__"):
        return
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("fluxroom")) / f"kernels-{source_mark(ROOT)}"
    os.environ[VARIABLE] = str(folder) if _writable(folder) else _passing()


def source_mark(root: Path) -> str:
    """16 hex digits that change with the name, size or time of any Python file below a folder."""
    told = hashlib.sha256(str(root).encode("utf-8", "surrogateescape"))
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith(".py"):
                state = os.stat(os.path.join(folder, name))
                told.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return told.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _passing() -> str:
    """A folder for this process and its children alone: slow at every start, but it works."""
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="fluxroom-kernels-")
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    return folder
