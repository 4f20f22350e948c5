#!/bin/sh
# PyAV 18.1.0 (FFmpeg 8.1) and how long the picture of a WebM lasts. 2026-11-30.
#
# One would guess: stream.duration is the length of that stream, in WebM as in MP4; where it is None,
# container.duration will do.
# What happens: in WebM stream.duration is None for every track, and container.duration is the longest track's.
# With 2 s of picture and 5 s of sound a film of 2 s looks like one of 5 s. The picture's own length stands only in
# the track's tag DURATION.
# Seen on Python 3.11:
#   mp4  stream 2.0 container 5.0 tag None
#   webm stream None container 5.0 tag 00:00:02.000000000
# Needs pip and the network for the package; the clips are made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "av==18.1.0"
cat > "$folder/see.py" <<'PY'
import io, sys
from fractions import Fraction
import av


def made(container, codec, sound):
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        picture = out.add_stream(codec, rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        heard = out.add_stream(sound, rate=48000, layout="mono")
        for _ in range(20):
            out.mux(picture.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(picture.encode())
        for index in range(250):
            frame = av.AudioFrame(format="s16" if sound == "libopus" else "fltp", layout="mono", samples=960)
            frame.sample_rate, frame.pts, frame.time_base = 48000, index * 960, Fraction(1, 48000)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            out.mux(heard.encode(frame))
        out.mux(heard.encode())
    target.seek(0)
    return target


seen = {}
for name, codec, sound in (("mp4", "libx264", "aac"), ("webm", "libvpx", "libopus")):
    with av.open(made(name, codec, sound)) as opened:
        stream = opened.streams.video[0]
        length = float(stream.duration * stream.time_base) if stream.duration else None
        tag = stream.metadata.get("DURATION")
        seen[name] = (length, round(opened.duration / av.time_base, 1), tag)
        print(f"{name:4} stream {length} container {seen[name][1]} tag {tag}")
same = seen["mp4"] == (2.0, 5.0, None) and seen["webm"][:2] == (None, 5.0)
same = same and (seen["webm"][2] or "").startswith("00:00:02.0")
sys.exit(0 if same else 1)
PY
"$folder/venv/bin/python" "$folder/see.py"
