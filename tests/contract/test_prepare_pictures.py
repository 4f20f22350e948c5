"""Photos, drawings and scans become pictures that the vendor takes, without what tells of their owner."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import brought
import brought_page
import numpy as np
import pytest
from brought import PICTURES, QUARTERS, SECRET
from PIL import Image

import cometact_nb as act
from cometact_nb.domain.inspection.findings import MAX_BYTES

NEAR = 30


def prepared(folder: Path, name: str, **options: Any) -> act.Prepared:
    return act.prepare(brought.picture(folder, name), out=folder / "out", **options)


def corners(path: Path) -> list[tuple[int, ...]]:
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    height, width = pixels.shape[:2]
    return [
        tuple(int(value) for value in pixels[y, x])
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


@pytest.mark.parametrize("name", PICTURES)
def test_each_kind_of_picture_becomes_one_that_the_vendor_takes(tmp_path: Path, name: str) -> None:
    source = brought.picture(tmp_path, name)
    before = source.read_bytes()
    result = act.prepare(source, out=tmp_path / "out")
    facts = result.inspection.facts
    assert source.read_bytes() == before
    assert result.role == "character"
    assert result.inspection.ok
    assert facts.container in {"jpeg", "png"}
    assert facts.stored is None
    assert 0.5 <= (facts.aspect or 0) <= 2
    assert brought_page.is_on_page(source, result), brought_page.row(source, result)
    content = result.path.read_bytes()
    assert SECRET.encode() not in content
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format in {"JPEG", "PNG"}
        assert not picture.getexif()
        assert not {"comment", "xmp", "exif", "photoshop"} & set(picture.info)
    # CMYK without a profile has no exact colours.
    assert np.abs(np.array(corners(result.path)) - np.array(QUARTERS)).max() <= (
        90 if name == "print.jpg" else NEAR
    )


@pytest.mark.parametrize(
    "name", ["phone.jpg", "phone-two-pictures.jpg", "phone-motion.jpg", "drawn.png", "right.jpg"]
)
def test_a_picture_that_is_right_keeps_every_pixel(tmp_path: Path, name: str) -> None:
    result = prepared(tmp_path, name)
    with Image.open(tmp_path / name) as source, Image.open(result.path) as copy:
        assert np.array_equal(np.asarray(source), np.asarray(copy))
    assert not any("Saved" in change for change in result.changes)


def test_the_changes_name_what_was_personal_without_its_value(tmp_path: Path) -> None:
    said = " ".join(prepared(tmp_path, "phone.jpg").changes)
    for kind in ("the location (GPS)", "the device", "the time of recording", "XMP", "a comment"):
        assert kind in said
    assert SECRET not in said


def test_a_crop_is_counted_in_the_upright_picture(tmp_path: Path) -> None:
    result = prepared(tmp_path, "phone-turned.jpg", crop=(0, 0.5, 0.5, 1))
    assert np.abs(np.array(corners(result.path)) - np.array(QUARTERS[2])).max() <= NEAR


def test_a_further_turn_is_clockwise(tmp_path: Path) -> None:
    result = prepared(tmp_path, "phone-turned.jpg", turn=90)
    order = [QUARTERS[place] for place in (2, 0, 3, 1)]
    assert np.abs(np.array(corners(result.path)) - np.array(order)).max() <= NEAR


def test_a_forced_crop_says_which_part_it_took(tmp_path: Path) -> None:
    (crop,) = [
        change for change in prepared(tmp_path, "panorama.jpg").changes if change.startswith("Cropped")
    ]
    assert "600×100" in crop
    assert "crop=(0.333, 0, 0.667, 1)" in crop


def test_colours_of_a_wide_profile_look_the_same_without_it(tmp_path: Path) -> None:
    """A picture in a linear profile, which would be far too dark without its profile."""
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    whole = Image.fromarray(brought.quarters((200, 160)))
    as_lab = ImageCms.profileToProfile(whole, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    assert as_lab is not None
    source = tmp_path / "lab.tif"
    as_lab.save(source, icc_profile=lab.tobytes())
    result = act.prepare(source, out=tmp_path / "out")
    assert np.abs(np.array(corners(result.path)) - np.array(QUARTERS)).max() <= NEAR


def test_a_picture_that_is_too_large_becomes_small_enough(tmp_path: Path) -> None:
    source = tmp_path / "large.png"
    noise = np.random.default_rng(3).integers(0, 255, (2400, 2600, 3), dtype=np.uint8)
    Image.fromarray(noise).save(source, compress_level=0)
    assert source.stat().st_size > MAX_BYTES["image"]
    result = act.prepare(source, out=tmp_path / "out")
    assert result.path.stat().st_size <= MAX_BYTES["image"]
    assert result.path.suffix == ".jpg"


def test_a_heic_of_tiles_is_one_whole_picture(tmp_path: Path) -> None:
    """A phone's HEIC is a grid of tiles, of which some readers give one."""
    pillow_heif = pytest.importorskip("pillow_heif")
    source = tmp_path / "grid.heic"
    pillow_heif.from_pillow(Image.fromarray(brought.quarters((1200, 900)))).save(source, quality=80)
    result = act.prepare(source, out=tmp_path / "out")
    with Image.open(result.path) as picture:
        assert picture.size == (1200, 900)
    assert np.abs(np.array(corners(result.path)) - np.array(QUARTERS)).max() <= NEAR
