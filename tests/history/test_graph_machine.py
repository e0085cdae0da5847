"""Any order of edits, rollbacks and reopenings: every version stays readable and the pointer is right."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fluxroom.errors import VersionNotFound
from fluxroom.history import Library, Source, Version, clean, export_history, import_history, names, set_name
from fluxroom.recipe import Adjustment, Recipe, Region


class Graph(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.library = Library(Path(self.folder.name))
        self.known: dict[str, list[Version]] = {"a" * 64: [], "b" * 64: []}
        self.pointer = dict.fromkeys(self.known, 0)
        self.newest = dict.fromkeys(self.known, 0)
        self.named: dict[str, dict[str, int]] = {photo: {} for photo in self.known}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    texts = st.text(max_size=12) | st.sampled_from(["\x85", "\u2029", "\ud800", "\0", "天空"])
    photos = st.sampled_from(["a" * 64, "b" * 64])

    @rule(photo=photos, words=texts, seed=st.integers(0, 2**63 - 1), back=st.integers(0, 3))
    def edit(self, photo: str, words: str, seed: int, back: int) -> None:
        parent = self.pointer[photo]
        for _ in range(back):
            parent = next((v.parent for v in self.known[photo] if v.number == parent), 0)
        recipe = Recipe((Adjustment("exposure", {"stops": 0.5}, Region("sky"), version=1),), seed=seed, say=words)
        source = Source(photo, 1, 2, 3, "jpeg", Path(f"/{photo[0]}.jpg"))
        added = self.library.add(source, recipe, words=words, parent=parent, result="0" * 64)
        self.known[photo].append(added)
        self.newest[photo] += 1
        assert added.number == self.newest[photo]
        self.pointer[photo] = added.number

    @rule(photo=photos, number=st.integers(0, 6))
    def rollback(self, photo: str, number: int) -> None:
        never_edited = self.newest[photo] == 0
        if (number and number not in {v.number for v in self.known[photo]}) or never_edited:
            with pytest.raises(VersionNotFound):
                self.library.rollback(photo, number)
        else:
            self.library.rollback(photo, number)
            self.pointer[photo] = number

    @rule(photo=photos, number=st.integers(0, 6), name=st.sampled_from(["final", "liked"]))
    def name(self, photo: str, number: int, name: str) -> None:
        if number in {v.number for v in self.known[photo]}:
            set_name(self.library, photo, name, number)
            self.named[photo][name] = number

    @rule(unreachable=st.booleans())
    def clean_up(self, unreachable: bool) -> None:
        """What the pointer or a name leads to stays, with all before it; files that versions need stay."""
        clean(self.library, unreachable=unreachable, now=time.time() + 1e6)
        if not unreachable:
            return
        for photo, versions in self.known.items():
            parents = {v.number: v.parent for v in versions}
            reached: set[int] = set()
            for root in (self.pointer[photo], *self.named[photo].values()):
                while root in parents:
                    reached.add(root)
                    root = parents[root]
            self.known[photo] = [v for v in versions if v.number in reached]

    @rule(photo=photos)
    def take_along_and_back(self, photo: str) -> None:
        """Written to a file and taken in again, a history is what it was."""
        if not self.known[photo]:
            return
        file = self.library.path / "history.json"
        export_history(self.library, photo, file, overwrite=True)
        source = Source(photo, 1, 2, 3, "jpeg", Path(f"/{photo[0]}.jpg"))
        numbers = import_history(self.library, source, file)
        assert {v.number for v in self.known[photo]} <= set(numbers.values())

    @rule()
    def reopen(self) -> None:
        self.library = Library(self.library.path)

    @invariant()
    def all_is_there(self) -> None:
        if not hasattr(self, "library"):
            return
        for photo, versions in self.known.items():
            assert self.library.log(photo) == versions
            assert names(self.library, photo) == self.named[photo]
            assert self.library.current(photo) == self.pointer[photo]


Graph.TestCase.settings = settings(max_examples=20, stateful_step_count=16, deadline=None)
test_graph = Graph.TestCase
