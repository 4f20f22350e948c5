#!/bin/sh
# PyAV 18.1.0 (FFmpeg 8.1) and an MP4 whose upload broke off. 2026-11-30.
#
# One would guess: a file of which three quarters are missing cannot be opened, or decoding it raises.
# What happens: with the index first it opens and tells the full length and number of frames. Cut between two pictures,
# decoding just ends early, without an error (cut within one, it raises InvalidDataError after the last whole one). What
# tells at once is the index: it names bytes that are not there.
# Seen on Python 3.11:
#   8.0 s, 80 frames promised, 80 decoded, error: none, index within the file: True
#   8.0 s, 80 frames promised, 20 decoded, error: none, index within the file: False
# Needs pip and the network for the packages; the clip is made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "av==18.1.0" "numpy==2.4.6"
cat > "$folder/see.py" <<'PY'
import sys
import av
import numpy as np

path, cut = sys.argv[1] + "/whole.mp4", sys.argv[1] + "/cut.mp4"
noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype="uint8")
with av.open(path, "w", options={"movflags": "faststart"}) as out:
    stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
    stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
    for index in range(80):
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(noise, 3 * index, axis=1), format="rgb24")))
    out.mux(stream.encode())
content = open(path, "rb").read()
with av.open(path) as opened:
    ends = sorted(entry.pos + entry.size for entry in opened.streams.video[0].index_entries)
open(cut, "wb").write(content[: ends[19]])  # between two pictures, as a chunked upload may end


def look(name):
    size = len(open(name, "rb").read())
    with av.open(name) as opened:
        stream = opened.streams.video[0]
        length, promised = float(stream.duration * stream.time_base), stream.frames
        inside = max(entry.pos + entry.size for entry in stream.index_entries) <= size
        decoded, error = 0, "none"
        try:
            for _ in opened.decode(stream):
                decoded += 1
        except av.FFmpegError as raised:
            error = type(raised).__name__
    print(f"{length} s, {promised} frames promised, {decoded} decoded, error: {error}, index within the file: {inside}")
    return length, promised, decoded, error, inside


whole, part = look(path), look(cut)
same = whole == (8.0, 80, 80, "none", True) and part[:2] == (8.0, 80) and part[2] < 40 and part[3:] == ("none", False)
sys.exit(0 if same else 1)
PY
"$folder/venv/bin/python" "$folder/see.py" "$folder"
