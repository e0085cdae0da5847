"""label, compare, sidecar, gc, history files, chat, suggest and taste on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with china.jpg (danielbuechele, CC BY 2.0, in the scikit-learn package), edited twice."""
    folder = tmp_path_factory.mktemp("room")
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    data = Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"
    (folder / "china.jpg").write_bytes(data.read_bytes())
    for words in ("warmer", "more contrast"):
        assert run(folder, "edit", "china.jpg", words, "--no-review").returncode == 0
    return folder


def run(folder: Path, *arguments: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fluxroom", "--library", str(folder / "library"), *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, input=said,
    )  # fmt: skip


def test_labels_compare_and_history(room: Path) -> None:
    done = run(room, "label", "china.jpg", "v1", "--name", "first try", "--tag", "warm", "--note", "soft light")
    assert (done.returncode, done.stderr) == (0, "")
    assert "first try" in run(room, "history", "china.jpg").stdout
    assert run(room, "rollback", "china.jpg", "First Try").stdout.startswith("china.jpg is at v1")
    done = run(room, "compare", "china.jpg", "first try", "v2", "-o", "both.jpg")
    assert done.returncode == 0
    assert "+ the whole photo: Contrast" in done.stdout
    assert (room / "both.jpg").exists()
    data = json.loads(run(room, "history", "china.jpg", "--json").stdout)
    assert data["versions"][0]["names"] == ["first try"]
    for arguments in (["label", "china.jpg", "v9", "--name", "x"], ["label", "china.jpg", "v1", "--name", "v2"],
                      ["compare", "china.jpg", "nobody"]):  # fmt: skip
        failed = run(room, *arguments)
        assert failed.returncode == 2
        assert len(failed.stderr.strip().splitlines()) == 1


def test_history_file_sidecar_and_gc(room: Path, tmp_path: Path) -> None:
    file = tmp_path / "h.json"
    assert run(room, "history", "china.jpg", "--export", str(file)).returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.jpg").write_bytes((room / "china.jpg").read_bytes())
    assert "2 versions" in run(other, "history", "c.jpg", "--import", str(file)).stdout
    assert run(other, "replay", "c.jpg", "v2", "-o", "again.jpg").returncode == 0
    assert run(room, "sidecar", "china.jpg", "v2").stdout.strip() == "china.jpg.fluxroom.yaml"
    assert run(room, "sidecar", "china.jpg", "v2").stdout.strip().endswith("(unchanged)")
    assert run(room, "sidecar", "china.jpg", "v2", "--xmp").returncode == 0
    assert "<fluxroom:Recipe>" in (room / "china.xmp").read_text(encoding="utf-8")
    assert "would be taken away: 0 versions" in run(room, "gc", "--dry-run").stdout


def test_chat_takes_lines_from_a_pipe(room: Path) -> None:
    done = run(
        room, "chat", "china.jpg", "--no-review", said="回到原图\n加点雾\n雾再淡一点\nsave as chat.jpg\nquit\nnever\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "never" not in done.stdout
    assert (room / "chat.jpg").exists()
    done = run(room, "chat", "china.jpg", "--no-review", "--json", said="undo\nsave as chat.jpg\n")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["kind"] == "went"
    assert second["kind"] == "error"  # the file is there already
    assert done.returncode == 2


def test_suggest_and_taste(room: Path) -> None:
    data = json.loads(run(room, "suggest", "china.jpg", "--json", "--pictures", "ideas").stdout)
    assert 3 <= len(data["ideas"]) <= 5
    assert all((room / p).exists() for p in data["pictures"])
    assert "fog" in run(room, "taste", "show").stdout
    assert run(room, "taste", "forget").returncode == 2
    assert run(room, "taste", "forget", "--all").returncode == 0
    assert "nothing has been learnt" in run(room, "taste", "show").stdout
