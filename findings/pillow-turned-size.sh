#!/bin/sh
# Pillow 13.0.0 and the size of a picture that EXIF says to turn. 2026-11-30.
#
# One would guess: Image.size is the size as stored for every format, until ImageOps.exif_transpose() turns it.
# What happens: JPEG, PNG, WebP and AVIF give the stored size; TIFF gives the turned one already. Whoever swaps width and
# height by the EXIF orientation of what was opened has to know the format.
# Seen on Python 3.11 (a picture of 64×48 with orientation 6):
#   JPEG stored (64, 48)
#   PNG  stored (64, 48)
#   WEBP stored (64, 48)
#   AVIF stored (64, 48)
#   TIFF turned (48, 64)
# Needs pip and the network for the package; the pictures are made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "pillow==13.0.0"
cat > "$folder/see.py" <<'PY'
import io, sys
from PIL import Image

seen = {}
for kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
    note = Image.Exif()
    note[0x0112] = 6
    target = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(target, kind, exif=note)
    target.seek(0)
    with Image.open(target) as opened:
        seen[kind] = opened.size
    print(f"{kind:4} {'stored' if seen[kind] == (64, 48) else 'turned'} {seen[kind]}")
expected = {kind: (64, 48) for kind in seen} | {"TIFF": (48, 64)}
sys.exit(0 if seen == expected else 1)
PY
"$folder/venv/bin/python" "$folder/see.py"
