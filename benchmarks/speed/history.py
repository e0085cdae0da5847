"""Results kept as data: one line of JSON a run, with what the machine was. Standard library only."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "docs" / "measurements" / "history" / "speed.jsonl"
PACKAGES = ("numpy", "numba", "opencv-python-headless", "pillow", "imagecodecs", "onnxruntime")
BUSY = 0.7
"""Load, averaged over a minute, above which others are at work."""


def machine() -> dict[str, Any]:
    """What the figures depend on; nothing that names the machine."""
    return {
        "cpu": _line("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(int((_line("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 2**20, 1),
        "os": _line("/etc/os-release", "PRETTY_NAME", "=").strip('"') or platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _line(path: str, key: str, sign: str = ":") -> str:
    try:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(sign)
            if name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit() -> str:
    """Short name of the commit, with a + where src/ differs from it; "" outside of git."""

    def git(*words: str) -> str:
        try:
            return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True).stdout.strip()
        except OSError:
            return ""

    name = git("rev-parse", "--short=10", "HEAD")
    return name + "+" * bool(name and git("status", "--porcelain", "--", "src"))


def busy() -> str:
    """A warning if others are at work on this machine, else ""."""
    load = os.getloadavg()[0]
    return f"the machine is busy (load {load:.1f}): seconds will be too high" if load > BUSY else ""


def begin(kind: str) -> dict[str, Any]:
    """What is known before a run: date, commit, machine, and how many processes wanted a core in the last minute."""
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"kind": kind, "date": date, "commit": commit(), "load": round(os.getloadavg()[0], 2), "machine": machine()}


def end(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"load_after": round(os.getloadavg()[0], 2)}


def append(row: dict[str, Any], file: Path = FILE) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def read(file: Path = FILE) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
