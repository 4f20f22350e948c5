"""Makes a picture upright, of a shape and size that the vendor takes, and without personal metadata."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection.findings import IMAGE_ASPECT, MAX_BYTES
from cometact_nb.errors import ConfigError, InputError
from cometact_nb.store.inputs import private
from cometact_nb.store.inputs.strip import strip_jpeg, strip_png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL import Image

    from cometact_nb.domain.preparation import InputRecipe

__all__ = ["open_heic", "prepare_picture"]

#: Pixels of a side; larger pictures are made smaller when they are written anew.
_SIDE_MAX = 4096
#: The most pixels to decode: some 1.2 GB in RGBA.
_PIXELS_MAX = 300_000_000
_QUALITIES = (95, 90, 82)
#: EXIF orientations as (degrees clockwise, mirrored); TIFF 6.0.
_ORIENTATION = 0x0112
_ORIENTATIONS = range(1, 9)
_QUARTER, _HALF, _THREE = 90, 180, 270
_TALL = 0.25
#: Formats whose decoder has turned the picture already.
_TURNED_ALREADY = {"HEIF", "TIFF"}


def prepare_picture(
    source: Path, container: str, recipe: InputRecipe, check: Callable[[], None]
) -> tuple[bytes, str, list[str]]:
    """Return the content of the result, the ending of its name, and a sentence for each change.

    Args:
        source: the file.
        container: its format, as ``sniff`` names it.
        recipe: what is to be made of it.
        check: raises when the work was cancelled.

    Raises:
        InputError: the file is broken, too large, or in a format that is not read here.
        ConfigError: a package is missing.
    """
    opened = _open(source, container)
    try:
        exif = opened.getexif()  # of a PNG it stands behind the pixels, which are decoded here
        opened.load()
        check()
        return _changed(opened, exif, source, container, recipe, check)
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise InputError(f"{source.name!r} cannot be decoded ({error}). Export it again.") from error
    finally:
        opened.close()


def _open(source: Path, container: str) -> Any:
    """Return the opened picture, which is not decoded yet."""
    try:
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  (an extra)
    except ImportError:
        raise ConfigError("Preparing a picture needs Pillow: pip install 'cometact_nb[video]'.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened: Any = open_heic(source) if container == "heic" else Image.open(source)
            if opened.width * opened.height > _PIXELS_MAX:
                opened.close()
                raise InputError(
                    f"{source.name!r} has {opened.width}×{opened.height} pixels, too many to open here. "
                    "Export it with fewer."
                )
            return opened
    except UnidentifiedImageError:
        cure = "pip install 'cometact_nb[heic]', or save it as JPEG."
        cure = cure if container == "avif" else "Save it as JPEG or PNG."
        raise InputError(f"{source.name!r} cannot be read as {container.upper()}. {cure}") from None
    except Image.DecompressionBombError:
        raise InputError(f"{source.name!r} has too many pixels to open here. Export it with fewer.") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{source.name!r} cannot be opened ({error}). Export it again.") from None


def open_heic(source: Path) -> Any:
    """Open a HEIC through libheif, which puts its tiles together; FFmpeg would give one of them."""
    try:
        import pillow_heif  # noqa: PLC0415  (an extra)
    except ImportError:
        raise ConfigError(
            "HEIC needs pillow-heif: pip install 'cometact_nb[heic]'. Or save it as JPEG on the phone.",
            guide="a-file-of-yours",
        ) from None
    opened = pillow_heif.open_heif(str(source)).to_pillow()
    opened.format = "HEIF"
    return opened


def _changed(
    opened: Any, exif: Any, source: Path, container: str, recipe: InputRecipe, check: Callable[[], None]
) -> tuple[bytes, str, list[str]]:
    changes: list[str] = []
    picture = _upright(opened, exif, recipe, changes)
    picture = _cropped(picture, recipe, changes)
    kinds = private.kinds_in_exif(exif)
    if opened.format == "TIFF":  # its own tags are of the same kind
        kinds = [kind for kind in kinds if kind != "EXIF"]
    if getattr(opened, "n_frames", 1) > 1 and opened.format in {"GIF", "WEBP", "PNG", "TIFF", "AVIF"}:
        changes.append(f"Took the first of {opened.n_frames} pictures.")
    is_right = picture is opened and container in {"jpeg", "png"} and opened.mode != "CMYK"
    if is_right:
        data = source.read_bytes()
        content, removed = strip_jpeg(data) if container == "jpeg" else strip_png(data)
        if len(content) <= MAX_BYTES["image"]:
            other = [kind for kind in removed if kind != "EXIF" or not kinds]
            removal = private.sentence([*kinds, *other])
            ending = ".jpg" if container == "jpeg" else ".png"
            return content, ending, [*changes, removal or "Nothing had to change.", *_same(removal)]
    removed = [*kinds, *_other_kinds(opened)]
    content, ending = _write_anew(picture, opened, container, changes, check)
    return content, ending, [sentence for sentence in [*changes, private.sentence(removed)] if sentence]


def _same(removal: str) -> list[str]:
    return ["The picture itself is the same to the byte."] if removal else []


def _other_kinds(opened: Any) -> list[str]:
    """Name the metadata beside EXIF, which the new file has not."""
    info = opened.info
    kinds = {
        "XMP": any(name in info for name in ("xmp", "XML:com.adobe.xmp")),
        "captions (IPTC)": "photoshop" in info or "iptc" in info,
        "a comment": bool(info.get("comment")),
        "the further pictures in the file": opened.format == "MPO",
    }
    return [words for words, there in kinds.items() if there]


def _upright(opened: Any, exif: Any, recipe: InputRecipe, changes: list[str]) -> Any:
    """Turn a picture as its EXIF and then the recipe say."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    picture = opened
    orientation = exif.get(_ORIENTATION, 1)
    if opened.format not in _TURNED_ALREADY and orientation in _ORIENTATIONS and orientation != 1:
        picture = ImageOps.exif_transpose(opened)
        changes.append("Turned upright, as the file asks for.")
    methods = {
        _QUARTER: Image.Transpose.ROTATE_270,  # Pillow counts the other way round
        _HALF: Image.Transpose.ROTATE_180,
        _THREE: Image.Transpose.ROTATE_90,
    }
    if recipe.turn:
        picture = picture.transpose(methods[recipe.turn])
        changes.append(f"Turned by {recipe.turn}° clockwise.")
    return picture


def _cropped(picture: Any, recipe: InputRecipe, changes: list[str]) -> Any:
    """Crop a picture to the recipe's part, and then to a shape that the vendor takes."""
    width, height = picture.size
    if recipe.crop:
        left, top, right, bottom = recipe.crop
        box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
        picture = picture.crop(box)
        changes.append(f"Cropped from {width}×{height} to {picture.width}×{picture.height}.")
    (width, height), (low, high) = picture.size, IMAGE_ASPECT
    if low <= width / height <= high:
        return picture
    if width > height:
        wide = int(height * high)
        left = (width - wide) // 2
        box, where = (left, 0, left + wide, height), "its middle"
    else:  # a face is in the upper part of a tall picture
        tall = int(width / low)
        top = round((height - tall) * _TALL)
        box, where = (0, top, width, top + tall), "its upper part"
    shares = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
    changes.append(
        f"Cropped from {width}×{height} to {where}, {box[2] - box[0]}×{box[3] - box[1]}, as the vendor takes "
        f"width / height of {low:g}–{high:g}: crop=({', '.join(f'{share:.3g}' for share in shares)}). "
        "Another crop=… takes another part."
    )
    return picture.crop(box)


def _write_anew(
    picture: Any, opened: Any, container: str, changes: list[str], check: Callable[[], None]
) -> tuple[bytes, str]:
    """Write a picture anew as JPEG, or as PNG where that loses nothing and is small enough."""
    picture = _srgb(picture, opened)
    if max(picture.size) > _SIDE_MAX:
        before = picture.size
        picture.thumbnail((_SIDE_MAX, _SIDE_MAX))
        changes.append(f"Scaled from {before[0]}×{before[1]} to {picture.width}×{picture.height}.")
    has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    if has_alpha or container in {"png", "gif", "bmp", "tiff"}:
        content = _encoded(picture.convert("RGBA" if has_alpha else "RGB"), "PNG")
        if len(content) <= MAX_BYTES["image"]:
            changes += [] if container == "png" else [f"Saved as PNG (it was {container.upper()})."]
            return content, ".png"
    flat = _on_white(picture) if has_alpha else picture.convert("RGB")
    for quality in _QUALITIES:
        check()
        content = _encoded(flat, "JPEG", quality=quality, subsampling=0)
        if len(content) <= MAX_BYTES["image"]:
            break
    changes.append(_saved_words(opened, container))
    return content, ".jpg"


def _saved_words(opened: Any, container: str) -> str:
    if container != "jpeg":
        return f"Saved as JPEG (it was {container.upper()})."
    return "Saved anew as JPEG in RGB (it was CMYK)." if opened.mode == "CMYK" else "Saved anew as JPEG."


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.info = {}  # nothing of the source's: a comment, a profile, XMP
    picture.save(out, kind, **options)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    from PIL import Image  # noqa: PLC0415

    whole = picture.convert("RGBA")
    ground = Image.new("RGBA", whole.size, "white")
    ground.alpha_composite(whole)
    return ground.convert("RGB")


def _srgb(picture: Any, opened: Any) -> Any:
    """Convert the colours to sRGB, since the new file has no profile; leave them where it cannot be done."""
    profile = opened.info.get("icc_profile")
    if not profile:
        return picture
    from PIL import ImageCms  # noqa: PLC0415

    try:
        origin = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(picture, origin, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
