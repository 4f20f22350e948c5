#!/bin/sh
# Pillow 13.0.0 and the letters of its own font. 2026-12-01.
#
# One would guess: ImageFont.load_default(size=…), a real outline font since Pillow 10.1, draws at least Latin letters with
# accents and common signs, so labels drawn with it can hold a European name or "1 → 5".
# What happens: it draws ASCII and a few signs (· … ’ “). For ü, é, ñ, ß, Å, ×, –, → and € it draws one and the same box,
# without an error. Labels need a font of the system, or letters put into ASCII first.
# Seen on Python 3.11 (font Aileron Regular):
#   drawn: a z 7 · … ’ “
#   boxes: ü é ñ ß Å × – → €
# Needs pip and the network for the package.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "pillow==13.0.0"
cat > "$folder/see.py" <<'PY'
import sys
from PIL import ImageFont

font = ImageFont.load_default(size=20)
#: A code point that no font has.
box = bytes(font.getmask("\uffff"))
signs = "az7·…’“üéñßÅ×–→€"
boxes = [sign for sign in signs if bytes(font.getmask(sign)) == box]
print(" ".join(font.getname()))
print("drawn:", *(sign for sign in signs if sign not in boxes))
print("boxes:", *boxes)
sys.exit(0 if boxes == list("üéñßÅ×–→€") else 1)
PY
"$folder/venv/bin/python" "$folder/see.py"
