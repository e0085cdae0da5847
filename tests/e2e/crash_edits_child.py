"""Edits a photo again and again until it is killed; says what it stored after each. Run by test_crash_edits.py."""

import sys
from pathlib import Path

import fluxroom

SENTENCES = ("make the sky darker", "画面更暖一点", "a little more contrast", "降低饱和度", "brighter")

photo = fluxroom.open(sys.argv[1], library=sys.argv[2])
out = Path(sys.argv[3])
print("ready", flush=True)
while True:
    number = photo.current
    base = 0 if number % 6 == 0 else None  # now and then a new branch
    result = photo.edit(SENTENCES[number % len(SENTENCES)], seed=number, base=base, threads=1)
    assert result.version is not None
    print(result.version.number, result.version.result, flush=True)
    result.save(out / f"{result.version.name}.png")
