"""The same batch on a Ray cluster of three machines (all of them here), one of which is lost in the middle.

`make test-ray` runs it; without Ray it is skipped.
"""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_samples import WORDS, drawn, results, run, sources, statuses

from fluxroom.batch import Job, Source, find_sources, run_batch
from fluxroom.batch.cluster import Cluster
from fluxroom.batch.journal import decode_lines
from fluxroom.batch.pool import Processes
from fluxroom.errors import InputError

ray: Any = pytest.importorskip("ray")

# Ray leaves sockets and files to its own exit, and warns of its own future.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def machines() -> Iterator[Any]:
    from ray.cluster_utils import Cluster as Machines

    cluster = Machines(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_no_such_cluster() -> None:
    with pytest.raises(InputError, match="no cluster to be had there"):
        Cluster("127.0.0.1:1", None)


def test_a_machine_is_lost_and_nothing_else(photos: Path, tmp_path: Path, workers: Processes, machines: Any) -> None:
    for i in range(3, 12):
        drawn(i).save(photos / f"drawn{i:02d}.jpg")
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    extra = machines.add_node(num_cpus=2)
    machines.wait_for_nodes()
    lost = []

    def lose(stage: str, done: int, total: int, failed: int) -> None:
        if stage == "develop" and done >= 3 and not lost:
            lost.append(done)
            machines.remove_node(extra, allow_graceful=False)

    cluster = Cluster("auto", None)
    outcome = run(Job(str(tmp_path / "ray"), WORDS), photos, cluster, progress=lose)  # type: ignore[arg-type]
    assert lost and lost[0] < 13
    assert [e.reason for e in outcome.of("failed") if not e.source.path.endswith("bad.jpg")] == []
    assert len(outcome.of("done")) == 13
    rows = decode_lines((tmp_path / "ray" / ".fluxroom-batch" / "journal").read_bytes())
    done = [key for kind, key, _, _ in rows if kind == "done"]
    assert len(done) == len(set(done)) == 13
    run(Job(str(tmp_path / "here"), WORDS), photos, workers)
    assert results(tmp_path / "ray") == results(tmp_path / "here")
    # The journal is the same one: what was done there is done here, and the other way round.
    again = run(Job(str(tmp_path / "ray"), WORDS), photos, workers)
    assert len(again.of("before")) == 13
    there = run(Job(str(tmp_path / "here"), WORDS), photos, cluster)  # type: ignore[arg-type]
    assert len(there.of("before")) == 13


def test_addresses(
    photos: Path, tmp_path: Path, workers: Processes, machines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXROOM_BATCHES", str(tmp_path / "journals"))
    out = f"file://{tmp_path}/away"
    found = find_sources(f"file://{photos}", out, recursive=True)
    assert [Path(s.path).name for s in found.photos] == [Path(s.path).name for s in sources(photos)]
    job = Job(out, WORDS)
    first = run_batch(job, found.photos, Cluster("auto", 2))
    assert set(statuses(first).values()) == {"done"}
    run(Job(str(tmp_path / "here"), WORDS), photos, workers)
    assert results(tmp_path / "away") == results(tmp_path / "here")
    again = run_batch(job, found.photos, workers)
    assert set(statuses(again).values()) == {"before"}
    (tmp_path / "away" / "drawn1.jpg").write_bytes(b"mine")
    changed = run_batch(job, found.photos, workers)
    assert statuses(changed)["drawn1.jpg"] == "failed"
    assert (tmp_path / "away" / "drawn1.jpg").read_bytes() == b"mine"


def test_photos_from_the_web(photos: Path, tmp_path: Path, workers: Processes) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(photos)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        listed = [Source(f"{base}/drawn0.jpg"), Source(f"{base}/none.jpg"), Source(f"{base}/real.png")]
        outcome = run_batch(Job(str(tmp_path / "web"), WORDS, uniform=0.0), listed, workers)
    finally:
        server.shutdown()
        server.server_close()
    assert [e.status for e in outcome.entries] == ["done", "failed", "done"]
    assert outcome.entries[1].reason == f"{base}/none.jpg does not exist; check the address"
    run(Job(str(tmp_path / "here"), WORDS, uniform=0.0), photos, workers)
    assert results(tmp_path / "web").items() <= results(tmp_path / "here").items()
