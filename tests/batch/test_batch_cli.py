"""`fluxroom batch` from outside: a list on stdin, exit codes, progress, Ctrl-C, and the second of two at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from batch_samples import WORDS, drawn, results


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "fluxroom", "batch", *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def said(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, str, str]:
    process = start(*arguments)
    out, err = process.communicate(stdin, timeout=300)
    return process.returncode, out.decode(), err.decode()


def test_a_list_on_stdin_and_one_object_for_programs(photos: Path, tmp_path: Path) -> None:
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    listed = b"\0".join(str(photos / n).encode() for n in ("drawn1.jpg", "bad.jpg", "real.png"))
    out = tmp_path / "out"
    code, told, err = said("-", out, WORDS, "-0", "--json", "--name", "{index}_{look}", "--workers", "1", stdin=listed)
    assert code == 1
    data = json.loads(told)
    assert [p["status"] for p in data["photos"]] == ["done", "failed", "done"]
    assert list(results(out)) == [
        "0001_make-the-sky-darker-a-little-warmer.jpg",
        "0003_make-the-sky-darker-a-little-warmer.png",
    ]
    assert err.startswith("fluxroom: failed: ") and "bad.jpg" in err and err.count("\n") == 1


def test_bad_use(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for arguments in (
        (photos, out),
        (photos, out, WORDS, "--memory", "lots"),
        (tmp_path / "nothing", out, WORDS),
        (photos, out, "qwertz asdf"),
        (photos, photos, WORDS),
        ("-", out, WORDS),
        (photos, out, WORDS, "--name", "{nobody}"),
    ):
        code, told, err = said(*arguments)
        assert (code, told) == (2, ""), err
        assert err.count("\n") == 1 and err.startswith("fluxroom: ")
    assert not out.exists()


def test_ctrl_c_then_a_second_run_goes_on(photos: Path, tmp_path: Path) -> None:
    for i in range(3, 14):
        drawn(i).save(photos / f"drawn{i:02d}.jpg")
    out = tmp_path / "out"
    process = start(photos, out, WORDS, "--progress", "--workers", "2")
    assert process.stderr is not None
    line = b" "
    while line and not line.startswith(b"developing 1/"):
        line = process.stderr.readline()
    process.send_signal(signal.SIGSTOP)  # so that it is not done before the second has come
    busy_code, _, busy = said(photos, out, WORDS)
    assert busy_code == 1
    assert busy.count("\n") == 1 and f"another batch (process {process.pid}) is working on it" in busy
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert b"the same command goes on from here" in err
    first = results(out)
    assert 1 <= len(first) < 15
    code, told_again, _ = said(photos, out, WORDS)
    assert code == 0
    assert f"({len(first)} more were done before)" in told_again
    assert len(results(out)) == 15
    assert results(out).items() >= first.items()
