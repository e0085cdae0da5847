"""A small progress bar with stages, on stderr, for work that takes over a second."""

from __future__ import annotations

import sys
import time
from typing import TextIO

STAGES = {
    "open": ("opening", "打开", 0.05),
    "perceive": ("looking", "观察", 0.15),
    "interpret": ("understanding", "理解", 0.02),
    "render": ("rendering", "渲染", 0.6),
    "review": ("checking", "检查", 0.05),
    "revise": ("revising", "修正", 0.6),
    "remember": ("keeping", "记录", 0.02),
    "save": ("saving", "保存", 0.08),
}
"""Stage -> English, Chinese, and about how much of the time it takes."""

PATIENCE = 0.7
"""Seconds before anything is shown."""
EVERY = 0.08


class Bar:
    """Call it with a stage and how far that stage is (0..1).

    shown   True: always; False: never; None: only if stderr is a terminal
    """

    def __init__(self, language: str = "en", shown: bool | None = None, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.terminal = self.stream.isatty()
        self.shown = self.terminal if shown is None else shown
        self.chinese = language == "zh"
        self.started = time.monotonic()
        self.last = 0.0
        self.stage = ""
        self.drawn = False
        self.closed = False

    def __call__(self, stage: str, done: float) -> None:
        if not self.shown or self.closed:
            return
        now = time.monotonic()
        new = stage != self.stage
        if not self.terminal:
            if new:
                self.stage = stage
                self._write(f"{self._name(stage)} ...\n")
            return
        if now - self.started < PATIENCE or (not new and now - self.last < EVERY):
            return
        self.stage, self.last, self.drawn = stage, now, True
        full = round(24 * self._total(stage, done))
        self._write(f"\r\x1b[K{'█' * full}{'░' * (24 - full)} {self._name(stage)} {now - self.started:.0f} s")

    def close(self) -> None:
        """Take the bar away."""
        if self.drawn and not self.closed:
            self._write("\r\x1b[K")
        self.closed = True

    def _name(self, stage: str) -> str:
        english, chinese, _ = STAGES.get(stage, (stage, stage, 0.0))
        return chinese if self.chinese else english

    @staticmethod
    def _total(stage: str, done: float) -> float:
        """How far the whole is; a revision starts the rendering over."""
        names = [s for s in STAGES if s != "revise"]
        at = "render" if stage == "revise" else stage
        if at not in names:
            return 0.0
        before = sum(STAGES[s][2] for s in names[: names.index(at)])
        whole = sum(STAGES[s][2] for s in names)
        return min(1.0, (before + STAGES[at][2] * min(1.0, max(0.0, done))) / whole)

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, UnicodeEncodeError):
            self.shown = False
