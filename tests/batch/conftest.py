"""A folder of small photos, and workers that all tests of a session share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_samples import china, drawn

from fluxroom.batch.pool import Processes


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with four photos: three drawn ones and a real one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        drawn(i).save(folder / f"drawn{i}.jpg", quality=90)
    china().save(folder / "real.png")
    return folder


@pytest.fixture(scope="session")
def workers() -> Iterator[Processes]:
    pool = Processes(2, 8 << 30)
    yield pool
    pool.close()
