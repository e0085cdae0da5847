"""What the one process that holds a batch's journal can take, by a real journal made longer (docs/scaling.md)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

WRITTEN, READ = 2000, 20000
"""Photos that are written down with every flush, and that are read back."""


def measure(journal: Path, folder: Path) -> dict[str, Any]:
    """Photos a second that can be written down, flushed; seconds and bytes that reading takes, a photo."""
    from fluxroom.batch.journal import Journal, Kind, decode_lines

    rows = [(cast(Kind, kind), key, data) for kind, key, data, _ in decode_lines(journal.read_bytes())]
    own = {kind: [row for row in rows if row[0] == kind] for kind in ("seen", "made", "done")}
    with tempfile.TemporaryDirectory(dir=folder) as name:
        flushed = Journal(Path(name) / "flushed")
        began = time.perf_counter()
        for n in range(WRITTEN):
            for kind in own:
                _, key, data = own[kind][n % len(own[kind])]
                flushed.add(cast(Kind, kind), f"{key}#{n}", data, flush=kind != "seen")
        writing = time.perf_counter() - began
        flushed.close()
        long = Journal(Path(name) / "long")
        for n in range(READ):
            for kind in own:
                _, key, data = own[kind][n % len(own[kind])]
                long.add(cast(Kind, kind), f"{key}#{n}", data, flush=False)
        long.close()
        size = long.path.stat().st_size
        command = [sys.executable, __file__, str(long.path)]
        told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return {
        "written_a_second": round(WRITTEN / writing),
        "bytes_a_photo": round(size / READ),
        "read_us_a_photo": round(told["seconds"] / READ * 1e6, 1),
        "memory_bytes_a_photo": round(told["bytes"] / READ),
    }


def read(path: Path) -> dict[str, Any]:
    from inside import peak_bytes

    from fluxroom.batch.journal import Journal

    before, began = peak_bytes(), time.perf_counter()
    Journal(path).close()
    return {"seconds": time.perf_counter() - began, "bytes": peak_bytes() - before}


if __name__ == "__main__":  # python scale.py JOURNAL, in a process of its own for its memory
    print(json.dumps(read(Path(sys.argv[1]))))
