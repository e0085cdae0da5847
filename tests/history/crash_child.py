"""Adds versions to a library until it is killed; says so after each. Run by test_crash.py."""

import itertools
import sys
from pathlib import Path

from fluxroom.history import Library, Source
from fluxroom.recipe import Adjustment, Recipe, Region

library = Library(Path(sys.argv[1]))
source = Source(sys.argv[2] * 64, 1000, 40, 30, "jpeg", Path("/photos/a.jpg"))
for n in itertools.count():
    recipe = Recipe((Adjustment("exposure", {"stops": 0.001 * n}, Region("sky"), version=1),), seed=n, say="x" * 500)
    added = library.add(source, recipe, words=f"step {n}", parent=library.current(source.sha256), result="0" * 64)
    print(added.number, recipe.seed, flush=True)
