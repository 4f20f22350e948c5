#!/bin/sh
# PyAV 18.1.0 and 19.0.2: going through a frame's side data. 2026-12-01.
#
# One would guess: `for side in frame.side_data` gives the same in both, since the other ways to it do.
# What happens: 18 gives the pieces of data, 19 their kinds, as a mapping's keys; whoever reads `side.type` there gets an
# AttributeError. `frame.side_data.get(Type.DISPLAYMATRIX)` works in both.
# Seen on Python 3.12:
#   18.1.0: SideData; get: 36 bytes
#   19.0.2: Type; get: 36 bytes
# Needs python3.12, pip and the network for the packages; the clip is made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/see.py" <<'PY'
import io, sys
import av
from av.sidedata.sidedata import Type

clip = io.BytesIO()
with av.open(clip, "w", "mp4") as out:
    track = out.add_stream("mpeg4", rate=10)
    track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
    track.set_display_rotation(-90)
    out.mux(track.encode(av.VideoFrame(64, 48, "yuv420p")))
    out.mux(track.encode(None))
clip.seek(0)
with av.open(clip) as reader:
    frame = next(reader.decode(video=0))
    seen = type(next(iter(frame.side_data))).__name__
    print(f"{av.__version__}: {seen}; get: {len(bytes(frame.side_data.get(Type.DISPLAYMATRIX)))} bytes")
sys.exit(0 if seen == sys.argv[1] else 1)
PY
for pair in 18.1.0:SideData 19.0.2:Type; do
  python3.12 -m venv "$folder/${pair%%:*}"
  "$folder/${pair%%:*}/bin/pip" install -q "av==${pair%%:*}"
  "$folder/${pair%%:*}/bin/python" "$folder/see.py" "${pair##*:}"
done
