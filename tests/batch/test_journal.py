"""The journal: whatever is cut off or spoilt, what was whole is read, and writing goes on; one batch at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxroom.batch.journal import Busy, Journal, Lock, decode_lines, encode_line
from fluxroom.errors import OutputError

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["seen", "made", "done"]), st.text(max_size=8), st.dictionaries(st.text(max_size=3), st.text())
    ),
    max_size=6,
)
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FAST
@given(rows=ROWS, data=st.data())
def test_a_cut_journal_is_read_up_to_the_cut_and_goes_on(tmp_path: Path, rows: list, data: st.DataObject) -> None:
    lines = [encode_line(*row) for row in rows]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    kept, at = 0, 0
    while kept < len(lines) and at + len(lines[kept]) <= cut:
        at += len(lines[kept])
        kept += 1
    path = tmp_path / "journal"
    path.write_bytes(whole[:cut])
    journal = Journal(path)
    journal.add("report", "again", {"fine": True})
    journal.close()
    assert path.read_bytes() == b"".join(lines[:kept]) + encode_line("report", "again", {"fine": True})
    again = Journal(path)
    assert again.rows == {(k, key): row for k, key, row in rows[:kept]} | {("report", "again"): {"fine": True}}
    again.close()


@FAST
@given(rows=ROWS, at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_spoilt_byte_costs_lines_but_tells_nothing_false(rows: list, at: int, flip: int) -> None:
    content = bytearray(b"".join(encode_line(*row) for row in rows))
    if content:
        content[at % len(content)] ^= flip
    told = [(kind, key, data) for kind, key, data, _ in decode_lines(bytes(content))]
    assert all(row in rows for row in told)
    assert len(told) >= len(rows) - 2


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("dear diary\n")
    with pytest.raises(OutputError, match="not a journal"):
        Journal(tmp_path / "journal")
    assert (tmp_path / "journal").read_text() == "dear diary\n"


def test_one_batch_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from fluxroom.batch.journal import Lock\n"
        "Lock(Path(sys.argv[1])).take('x') or print('taken', flush=True); lock = time.sleep(60)"
    )
    code = code.replace("Lock(Path(sys.argv[1])).take('x')", "(held := Lock(Path(sys.argv[1]))).take('x')")
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(Busy, match=f"out: another batch \\(process {other.pid}\\) is working on it"):
            Lock(tmp_path / "lock").take("out")
    finally:
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()
    lock = Lock(tmp_path / "lock")
    lock.take("out")  # the killed one holds it no longer
    lock.release()
