"""Any order of edits, rollbacks and reopenings: every version stays readable and the pointer is right."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fluxroom.errors import VersionNotFound
from fluxroom.history import Library, Source, Version
from fluxroom.recipe import Adjustment, Recipe, Region


class Graph(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.library = Library(Path(self.folder.name))
        self.known: dict[str, list[Version]] = {"a" * 64: [], "b" * 64: []}
        self.pointer = dict.fromkeys(self.known, 0)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    texts = st.text(max_size=12) | st.sampled_from(["\x85", "\u2029", "\ud800", "\0", "天空"])
    photos = st.sampled_from(["a" * 64, "b" * 64])

    @rule(photo=photos, words=texts, seed=st.integers(0, 2**63 - 1), back=st.integers(0, 3))
    def edit(self, photo: str, words: str, seed: int, back: int) -> None:
        parent = max(0, self.pointer[photo] - back)
        recipe = Recipe((Adjustment("exposure", {"stops": 0.5}, Region("sky"), version=1),), seed=seed, say=words)
        source = Source(photo, 1, 2, 3, "jpeg", Path(f"/{photo[0]}.jpg"))
        added = self.library.add(source, recipe, words=words, parent=parent, result="0" * 64)
        self.known[photo].append(added)
        assert added.number == len(self.known[photo])
        self.pointer[photo] = added.number

    @rule(photo=photos, number=st.integers(0, 6))
    def rollback(self, photo: str, number: int) -> None:
        never_edited = not self.known[photo]
        if number > len(self.known[photo]) or never_edited:
            with pytest.raises(VersionNotFound):
                self.library.rollback(photo, number)
        else:
            self.library.rollback(photo, number)
            self.pointer[photo] = number

    @rule()
    def reopen(self) -> None:
        self.library = Library(self.library.path)

    @invariant()
    def all_is_there(self) -> None:
        if not hasattr(self, "library"):
            return
        for photo, versions in self.known.items():
            assert self.library.log(photo) == versions
            assert self.library.current(photo) == self.pointer[photo]


Graph.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
test_graph = Graph.TestCase
