"""Images as people send them, made into the pictures that are shown: three sizes of WebP, upright, and nothing else.

Only pixels go on: no EXIF with the place where a photo was taken, no thumbnail of what was cut away, no text.
Only the function `photos` imports this module: Pillow takes time to load, and memory to decode.
"""

import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from shared.avif import largest_pixels
from shared.errors import Invalid, Unavailable, UnsupportedMedia

MAX_PIXELS = 50_000_000
MAX_SCANS = 100
"""Progressive images have about ten."""
SIZES = {"large": 1600, "medium": 800, "small": 320}
"""The longest side in pixels, at most: nothing is enlarged."""

QUALITY = 82
WAIT_SECONDS = 20.0
"""How long an image waits for its turn."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Pillow itself refuses twice the limit, and warns from there down to the limit.
warnings.simplefilter("error", Image.DecompressionBombWarning)

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""Of a JPEG (ITU-T T.81, B.1.1.2), but for those that stand within a scan."""

_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""What decoders raise when the bytes are not what they say they are."""

TURN = threading.Lock()
"""One image at a time: a large one takes several hundred megabytes."""


@dataclass(frozen=True)
class Picture:
    """An image in the three sizes.

    Attributes:
        width: Of the large one, in pixels.
        height: Likewise.
        files: The WebP files by the names of SIZES.
    """

    width: int
    height: int
    files: dict[str, bytes]


def to_picture(data: bytes) -> Picture:
    """The picture of an image, whatever its sender says that it is.

    Raises:
        UnsupportedMedia: It is none of the formats that are taken.
        Invalid: It is broken, cut off, or too large.
        Unavailable: Too many images wait for their turn.
    """
    kind = _format_of(data)
    if kind is None:
        raise UnsupportedMedia("Send a JPEG, PNG, WebP, HEIC or AVIF image")
    with _own_turn():
        try:
            return _rendered(_pixels(data, kind))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large() from error
        except _BROKEN as error:
            raise Invalid.at(("body",), "the image is broken or incomplete") from error


@contextmanager
def _own_turn() -> Iterator[None]:
    if not TURN.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Many photos are being uploaded, please retry", retry_after=5)
    try:
        yield
    finally:
        TURN.release()


def _too_large() -> Invalid:
    return Invalid.at(("body",), f"the image has more than {MAX_PIXELS // 1_000_000} megapixels")


def _format_of(data: bytes) -> str | None:
    """The format by the first bytes, as Pillow names it. Any other is not even tried."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] != b"ftyp":
        return None
    length = min(int.from_bytes(data[:4]), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _pixels(data: bytes, kind: str) -> Image.Image:
    """The image upright, at most as large as the largest size, in plain red, green and blue."""
    if kind == "HEIF":
        import pillow_heif  # Takes longer to import than the rest of Pillow, and few photos need it.

        pillow_heif.register_heif_opener(thumbnails=False)
    if kind == "AVIF" and not 0 < largest_pixels(data) <= MAX_PIXELS:
        raise _too_large()
    if kind == "JPEG" and _scans(data) > MAX_SCANS:
        raise Invalid.at(("body",), f"the image is coded in more than {MAX_SCANS} scans")
    with Image.open(BytesIO(data), formats=(kind,)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise _too_large()
        profile = image.info.get("icc_profile")
        small = _in_full_colours(image)
        # A large JPEG is decoded at a fraction of its size, as far as the result allows.
        small.thumbnail((SIZES["large"], SIZES["large"]), reducing_gap=2)
        return _in_srgb(_upright(small), profile)


def _scans(data: bytes) -> int:
    """How many scans a JPEG has: each goes over the whole image, however few bytes it takes."""
    at, scans = 2, 0
    while marker := _MARKER.search(data, at):
        at = marker.end()
        if marker[1] == b"\xd9":  # The end. Phones put films and other images behind it.
            break
        scans += marker[1] == b"\xda"
        at += int.from_bytes(data[at : at + 2])
    return scans


def _in_full_colours(image: Image.Image) -> Image.Image:
    """The image in a mode that can be made smaller without loss: palettes and more than eight bits cannot."""
    if image.mode == "PA" or ("transparency" in image.info and image.mode in ("1", "L", "P", "RGB")):
        return image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("RGB")
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        return image  # What the camera says of itself is broken. The picture is not.


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as screens show them that are told no profile, without transparency. The image has only pixels."""
    if image.mode in ("LA", "RGBA", "La", "RGBa"):
        rgba = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    if profile:
        image = _converted(image, profile)
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, *_BROKEN):
        return image  # Phones' profiles are right; what editors leave may be of another kind of colours.


def _rendered(image: Image.Image) -> Picture:
    width, height = image.size
    files = {}
    for name, side in SIZES.items():  # The largest first: each is made of the one before.
        image.thumbnail((side, side), reducing_gap=2)
        target = BytesIO()
        image.save(target, "WEBP", quality=QUALITY, method=2)
        files[name] = target.getvalue()
    return Picture(width, height, files)
