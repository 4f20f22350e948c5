#!/bin/sh
# PyAV 18.1.0 (FFmpeg 8.1) and the first pictures of H.264 in Matroska. 2026-12-01.
#
# One would guess: a packet without a decode time (dts) is the empty one at the end, by which the decoder is flushed.
# PyAV's own example of a copy into another container skips such packets:
# "We need to skip the 'flushing' packets that `demux` generates. if packet.dts is None: continue"
# (its documentation still; the example in its repository has been mended: github.com/PyAV-Org/PyAV/pull/2290).
# What happens: Matroska keeps no decode times. Where pictures are decoded before they are shown (B-frames, the usual
# setting of screen recorders), FFmpeg has none for the first packets either, and the first of them is the key frame. The
# copy begins in the middle: two pictures are never shown, and those up to the next key frame lack what they are made from.
# A packet that is empty has size 0.
# Seen on Python 3.11:
#   mp4  30 packets, without a decode time: none
#   mkv  30 packets, without a decode time: 0 (key frame), 1
# Needs pip and the network for the package; the clips are made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "av==18.1.0"
cat > "$folder/see.py" <<'PY'
import io, sys
import av


def made(container):
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        options = {"bf": "2", "b_strategy": "0", "preset": "ultrafast"}
        picture = out.add_stream("libx264", rate=10, options=options)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for index in range(30):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([index * 8 % 256]) * plane.buffer_size)
            frame.pts = index
            out.mux(picture.encode(frame))
        out.mux(picture.encode())
    target.seek(0)
    return target


seen = {}
for name, container in (("mp4", "mp4"), ("mkv", "matroska")):
    with av.open(made(container)) as opened:
        packets = [packet for packet in opened.demux(video=0) if packet.size]
        without = [number for number, packet in enumerate(packets) if packet.dts is None]
        seen[name] = (len(packets), len(without), bool(without) and packets[without[0]].is_keyframe)
        words = ", ".join(f"{n} (key frame)" if packets[n].is_keyframe else str(n) for n in without) or "none"
        print(f"{name:4} {len(packets)} packets, without a decode time: {words}")
sys.exit(0 if seen["mp4"] == (30, 0, False) and seen["mkv"][0] == 30 and seen["mkv"][1] and seen["mkv"][2] else 1)
PY
"$folder/venv/bin/python" "$folder/see.py"
