"""Many photos, one sentence: the same as an edit of each, held together as a set, and safe to interrupt.

`run_batch` is the whole of it; `fluxroom batch` is its face on the command line. Nothing heavy is imported
until photos are worked on, and that happens in processes of their own.
"""

from fluxroom.batch.job import Job
from fluxroom.batch.run import Entry, Outcome, run_batch
from fluxroom.batch.sources import Source, find_sources

__all__ = ["Entry", "Job", "Outcome", "Source", "find_sources", "run_batch"]
