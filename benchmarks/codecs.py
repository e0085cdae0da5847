"""`python benchmarks/codecs.py`: a 24-megapixel JPEG decoded and encoded by each library that is installed.

Best of several runs, each library in a process of its own: seconds on the clock, of the processor, and the peak of
memory beyond what was there before (it holds the result: 72 MB of pixels). "same" says whether decoded values equal
those of Pillow, and whether an encoded file holds the coefficients that Pillow gives with the source's own tables.
Packages that are not installed are left out; simplejpeg is not needed by anything else: pip install simplejpeg.

    python benchmarks/codecs.py [--photo FILE] [--runs N]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "speed"))
from photos import make_photo


def decoders(data: bytes) -> dict[str, Callable[[], Any]]:
    def pillow() -> Any:
        import numpy as np
        from PIL import Image

        return np.array(Image.open(io.BytesIO(data)))

    def opencv() -> Any:
        import cv2
        import numpy as np

        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)

    def imagecodecs() -> Any:
        from imagecodecs import jpeg8_decode

        return jpeg8_decode(data, outcolorspace="RGB")

    def simplejpeg() -> Any:
        from simplejpeg import decode_jpeg

        return decode_jpeg(data, "RGB")

    def coefficients() -> Any:
        from fluxroom.photo import coefficients

        return coefficients.read(data).blocks

    return {
        "decode Pillow": pillow,
        "decode OpenCV": opencv,
        "decode imagecodecs (used)": imagecodecs,
        "decode simplejpeg": simplejpeg,
        "coefficients, fluxroom's own": coefficients,
    }


def encoders(data: bytes) -> dict[str, Callable[[], Any]]:
    from fluxroom.photo import jpeg

    header = jpeg.read_header(data)
    encoding = jpeg._encoding(header)
    codes = jpeg._pixels(header, data)

    def pillow() -> Any:
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(codes).save(file, "JPEG", qtables=[list(t) for t in encoding.jpeg_tables], subsampling="4:2:0")
        return file.getvalue()

    def ours() -> Any:
        return jpeg.encode(codes, encoding, None, None, None)

    def halves() -> Any:
        """What two threads would give at most: the two halves at once, never joined."""
        half = codes.shape[0] // 2 // 16 * 16
        with ThreadPoolExecutor(2) as pool:
            parts = [codes[:half], codes[half:]]
            return b"".join(pool.map(lambda part: jpeg.encode(part, encoding, None, None, None), parts))

    def opencv() -> Any:
        import cv2

        options = [cv2.IMWRITE_JPEG_QUALITY, 93, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
        return cv2.imencode(".jpg", codes[..., ::-1], options)[1].tobytes()

    def imagecodecs() -> Any:
        from imagecodecs import jpeg8_encode

        return jpeg8_encode(codes, level=93, subsampling="420")

    def simplejpeg() -> Any:
        from simplejpeg import encode_jpeg

        return encode_jpeg(codes, quality=93, colorspace="RGB", colorsubsampling="420", fastdct=False)

    return {
        "encode Pillow, the source's tables": pillow,
        "encode fluxroom": ours,
        "encode fluxroom, halves at once": halves,
        "encode OpenCV": opencv,
        "encode imagecodecs": imagecodecs,
        "encode simplejpeg": simplejpeg,
    }


def mark(made: Any) -> str:
    """Of pixels, or of the coefficients in a file."""
    import numpy as np

    from fluxroom.photo import coefficients

    values = coefficients.read(made).blocks if isinstance(made, bytes) else made
    return hashlib.sha256(np.ascontiguousarray(values)).hexdigest()[:12]


def memory(what: str) -> float:
    """MiB, as Linux tells it: resident now (VmRSS), or at the peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def measure(name: str, photo: Path, runs: int) -> dict[str, Any]:
    data = photo.read_bytes()
    work = (decoders(data) if not name.startswith("encode") else encoders(data))[name]
    clock, processor, made = [], [], None
    work()
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    work()
    peak = memory("VmHWM") - before
    for _ in range(runs):
        made = None
        cpu, started = time.process_time(), time.perf_counter()
        made = work()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - cpu)
    told = {"seconds": min(clock), "processor": min(processor), "mib": peak}
    if "halves" not in name:
        told["mark"] = mark(made)
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description="JPEG codecs")
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.photo, options.runs)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        photo = options.photo or Path(folder) / "photo24.jpg"
        if options.photo is None:
            make_photo(photo, "china.jpg", 24)
        first: dict[str, str] = {}
        print(f"{photo.stat().st_size / 1e6:.1f} MB\n| | s | processor s | MiB | same |\n|---|---|---|---|---|")
        for name in [*decoders(b""), *encoders(photo.read_bytes())]:
            command = [sys.executable, __file__, "--one", name, "--photo", str(photo), "--runs", str(options.runs)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                print(f"| {name} | {done.stderr.strip().splitlines()[-1]} |", flush=True)
                continue
            told = json.loads(done.stdout)
            kind = name.split()[0]
            same = "" if "mark" not in told else first.setdefault(kind, told["mark"]) == told["mark"]
            print(
                f"| {name} | {told['seconds']:.3f} | {told['processor']:.3f} | {told['mib']:.0f} | {same} |", flush=True
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
