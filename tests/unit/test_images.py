"""Images: what people send becomes three plain pictures; nothing but pixels goes on, and nothing broken does harm."""

import struct
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageFile, PngImagePlugin

from shared import images
from shared.avif import largest_pixels
from shared.errors import ApiError, Invalid, Unavailable, UnsupportedMedia
from shared.images import SIZES, Picture, to_picture

pillow_heif.register_heif_opener()
pytestmark = pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")  # As in the function.

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
SECRET = b"Secret-51.1282-71.4304"
"""Stands in every kind of metadata. It must never come out."""

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 30), (30, 30, 220), (255, 255, 255)
CORNERS = (RED, GREEN, BLUE, WHITE)
"""Of the test image: top left, top right, bottom left, bottom right."""


def quarters(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """An image whose four quarters have the colours of CORNERS."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def opened(picture: Picture, size: str = "large") -> Image.Image:
    return Image.open(BytesIO(picture.files[size]))


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    """The colours of the four quarters, each as the nearest one of CORNERS."""

    def nearest(x: int, y: int) -> tuple[int, int, int]:
        pixel = image.convert("RGB").getpixel((x, y))
        assert isinstance(pixel, tuple)
        return min(CORNERS, key=lambda each: sum((a - b) ** 2 for a, b in zip(each, pixel, strict=True)))

    left, right, top, bottom = image.width // 4, image.width * 3 // 4, image.height // 4, image.height * 3 // 4
    return [nearest(left, top), nearest(right, top), nearest(left, bottom), nearest(right, bottom)]


def chunks(webp: bytes) -> list[bytes]:
    """The names of all that a WebP file has."""
    assert webp[:4] == b"RIFF"
    assert webp[8:12] == b"WEBP"
    assert int.from_bytes(webp[4:8], "little") + 8 == len(webp)
    names, at = [], 12
    while at < len(webp):
        names.append(webp[at : at + 4])
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return names


def exif(orientation: int = 1) -> bytes:
    """EXIF as a phone writes it: where the photo was taken, with which device, and a small copy of it."""
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = made[0x010F] = made[0x0110] = SECRET.decode()
    made.get_ifd(0x8825).update({1: "N", 2: (51.0, 7.0, 41.0), 3: "E", 4: (71.0, 25.0, 49.0), 29: SECRET.decode()})
    made.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + SECRET
    return made.tobytes() + saved(quarters(16, 12), "JPEG", comment=SECRET)


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>' + SECRET + b"</exif:GPSLatitude></x:xmpmeta>"


def profile() -> bytes:
    """A colour profile that has a text of its own."""
    made: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made + SECRET


def with_metadata(kind: str) -> bytes:
    """An image with all that its format can tell besides pixels."""
    common: dict[str, Any] = {"exif": exif(), "icc_profile": profile()}
    if kind == "JPEG":
        iptc = b"\xff\xed" + struct.pack(">H", len(SECRET) + 16) + b"Photoshop 3.0\0" + SECRET
        data = saved(quarters(), kind, comment=SECRET, xmp=XMP, **common)
        return data[:2] + iptc + data[2:] + SECRET
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", SECRET.decode())
        texts.add_text("Location", SECRET.decode(), zip=True)
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        return saved(quarters(), kind, pnginfo=texts, **common) + SECRET
    return saved(quarters(), kind, xmp=XMP, **common) + SECRET


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_but_pixels_comes_out(kind: str) -> None:
    data = with_metadata(kind)
    assert data.count(SECRET) >= 3
    picture = to_picture(data)
    for name, file in picture.files.items():
        assert chunks(file) == [b"VP8 "], name
        assert SECRET not in file
        assert not opened(picture, name).getexif()
    assert corners(opened(picture)) == list(CORNERS)


@pytest.mark.parametrize("kind", FORMATS)
def test_three_sizes_keep_the_proportions_and_enlarge_nothing(kind: str) -> None:
    picture = to_picture(saved(quarters(2000, 1000), kind))
    assert (picture.width, picture.height) == (1600, 800)
    assert {name: opened(picture, name).size for name in SIZES} == {
        "large": (1600, 800),
        "medium": (800, 400),
        "small": (320, 160),
    }
    assert all(corners(opened(picture, name)) == list(CORNERS) for name in SIZES)
    picture = to_picture(saved(quarters(200, 500), kind))
    assert [opened(picture, name).size for name in SIZES] == [(200, 500), (200, 500), (128, 320)]
    picture = to_picture(saved(quarters(2, 2), kind))
    assert [opened(picture, name).size for name in SIZES] == [(2, 2)] * 3


def test_a_very_long_image_keeps_a_pixel_of_its_short_side() -> None:
    assert opened(to_picture(saved(quarters(12_000, 4), "PNG")), "small").size == (320, 1)


ORIENTATIONS = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}
"""What a viewer must see of the test image when it is stored with an orientation (EXIF 2.3, tag 274)."""


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    picture = to_picture(saved(quarters(), kind, exif=exif(orientation)))
    assert (picture.width, picture.height) == ((64, 48) if orientation < 5 else (48, 64))
    assert corners(opened(picture)) == list(ORIENTATIONS[orientation])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_heic_turned_by_its_own_means_is_turned_once(orientation: int) -> None:
    """HEIC files say in the format itself how they are turned, and phones repeat it in EXIF."""
    data = saved(quarters(), "HEIF", exif=exif(orientation))
    with Image.open(BytesIO(data)) as expected:
        upright = corners(expected)
    assert corners(opened(to_picture(data))) == upright


def test_an_orientation_in_broken_exif_does_not_refuse_the_image() -> None:
    data = saved(quarters(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12")
    assert corners(opened(to_picture(data))) == list(CORNERS)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_transparency_becomes_white_and_hides_nothing(kind: str) -> None:
    image = quarters().convert("RGBA")
    image.paste((220, 30, 30, 0), (0, 0, 32, 24))  # Red that nobody sees.
    picture = to_picture(saved(image, kind))
    assert corners(opened(picture)) == [WHITE, GREEN, BLUE, WHITE]
    assert chunks(picture.files["large"]) == [b"VP8 "]


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "L", "I;16"])
def test_pngs_of_every_kind_of_colour(mode: str) -> None:
    if mode == "I;16":
        image = Image.new("I;16", (64, 48), 0x8000)
        image.paste(0xFFFF, (32, 0, 64, 48))
    else:
        image = quarters().convert("L").point(lambda value: 255 if value > 200 else 128).convert(mode)
    large = opened(to_picture(saved(image, "PNG"))).convert("L")
    pixels = [large.getpixel((56, 40)), large.getpixel((8, 40))]
    expected = [255, 0] if mode == "1" else [255, 128]
    if mode == "1":
        assert pixels[0] == 255
    else:
        assert pixels == pytest.approx(expected, abs=3)


def test_a_palette_with_a_transparent_colour() -> None:
    image = quarters(mode="P")
    red = image.getpixel((0, 0))
    assert corners(opened(to_picture(saved(image, "PNG", transparency=red)))) == [WHITE, GREEN, BLUE, WHITE]


def test_sixteen_bits_of_each_colour() -> None:
    row = b"\0" + struct.pack(">3H", 0xDC00, 0x1E00, 0x1E00) * 4
    assert corners(opened(to_picture(png(4, 4, zlib.compress(row * 4), depth=16)))) == [RED] * 4


def test_cmyk_looks_the_same() -> None:
    assert corners(opened(to_picture(saved(quarters(mode="CMYK"), "JPEG", quality=95)))) == list(CORNERS)


def test_colours_of_a_wide_profile_are_converted_before_it_is_lost() -> None:
    """A profile that says red is blue: what shows blue through it must be blue without it."""
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(swapped[128:132])
    at = {bytes(swapped[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    swapped[at[b"rXYZ"] : at[b"rXYZ"] + 4], swapped[at[b"bXYZ"] : at[b"bXYZ"] + 4] = b"bXYZ", b"rXYZ"
    picture = to_picture(saved(quarters(), "PNG", icc_profile=bytes(swapped)))
    assert corners(opened(picture)) == [BLUE, GREEN, RED, WHITE]


@pytest.mark.parametrize("broken", [b"nonsense", b"", b"\0" * 200])
def test_a_broken_profile_does_not_refuse_the_image(broken: bytes) -> None:
    assert corners(opened(to_picture(saved(quarters(), "PNG", icc_profile=broken)))) == list(CORNERS)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_of_an_animation_the_first_picture_counts(kind: str) -> None:
    others = [Image.new("RGB", (64, 48), "black")] * 3
    data = saved(quarters(), kind, save_all=True, append_images=others, duration=40)
    picture = to_picture(data)
    assert corners(opened(picture)) == list(CORNERS)
    assert all(chunks(file) == [b"VP8 "] for file in picture.files.values())


def test_a_jpeg_of_several_pictures_as_some_phones_make_them() -> None:
    data = saved(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), "black")])
    assert corners(opened(to_picture(data))) == list(CORNERS)


def refused(data: bytes) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        to_picture(data)
    return refusal.value


def png(width: int, height: int, pixels: bytes = b"", depth: int = 8) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


OTHERS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: b"hello",
    "gif": lambda: saved(quarters(mode="P"), "GIF"),
    "bmp": lambda: saved(quarters(), "BMP"),
    "tiff": lambda: saved(quarters(), "TIFF"),
    "jpeg 2000": lambda: saved(quarters(), "JPEG2000"),
    "ico": lambda: saved(quarters(32, 32), "ICO"),
    "pdf": lambda: saved(quarters(), "PDF"),
    "eps": lambda: saved(quarters(), "EPS"),
    "svg": lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "html": lambda: b"<html><script>alert(1)</script></html>",
    "mp4": lambda: b"\0\0\0\x18ftypisom\0\0\0\0isomiso2",
    "wav": lambda: b"RIFF\x24\0\0\0WAVEfmt ",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_such_image_is_unsupported(name: str) -> None:
    error = refused(OTHERS[name]())
    assert isinstance(error, UnsupportedMedia)
    assert error.status == 415


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_cut_off_is_invalid(kind: str) -> None:
    data = saved(Image.effect_noise((200, 200), 90).convert("RGB"), kind)
    for end in (16, 40, len(data) // 4, len(data) // 2, len(data) - 60):
        assert isinstance(refused(data[:end]), Invalid), end


@pytest.mark.parametrize("kind", FORMATS)
def test_broken_bytes_are_refused_or_shown_and_never_an_error_of_ours(kind: str) -> None:
    data = bytearray(saved(Image.effect_noise((60, 60), 90).convert("RGB"), kind))
    for at in range(12, len(data), max(1, len(data) // 60)):
        damaged = bytes(data[:at]) + bytes([data[at] ^ 0xFF]) + bytes(data[at + 1 :])
        with suppress(Invalid, UnsupportedMedia):
            to_picture(damaged)


BOMBS: dict[str, Callable[[], bytes]] = {
    "30,000 by 30,000": lambda: png(30_000, 30_000, zlib.compress(b"\0" * 1_000_000)),
    "a little too large": lambda: png(10_000, 5_001, zlib.compress(b"\0" * 1_000_000)),
    "one line": lambda: png(50_000_001, 1),
    "webp": lambda: saved(Image.new("RGB", (8000, 6251)), "WEBP", method=0, quality=1),
    "jpeg": lambda: saved(Image.new("L", (8000, 6251)), "JPEG"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_too_many_pixels_are_refused_before_they_are_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = BOMBS[name]()
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("it was decoded"))
    error = refused(data)
    assert isinstance(error, Invalid)
    assert "megapixels" in error.detail


def test_fifty_megapixels_are_taken() -> None:
    assert to_picture(saved(Image.new("L", (10_000, 5_000), 200), "JPEG")).width == 1600


def test_a_text_that_unpacks_to_gigabytes_is_refused() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * 80_000_000, zip=True)
    assert isinstance(refused(saved(quarters(), "PNG", pnginfo=texts)), Invalid)


def test_one_image_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = []
    most: list[int] = []
    open_image = Image.open

    def slowly(*source: Any, **options: Any) -> Image.Image:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return open_image(*source, **options)

    monkeypatch.setattr(Image, "open", slowly)
    data = saved(quarters(), "PNG")
    threads = [threading.Thread(target=to_picture, args=(data,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


def test_an_image_that_waits_too_long_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "WAIT_SECONDS", 0.01)
    with images.TURN, pytest.raises(Unavailable):
        to_picture(saved(quarters(), "PNG"))
    assert to_picture(saved(quarters(), "PNG")).width == 64


# --- What a small file may cost


def lying(avif: bytes) -> bytes:
    """The file with a container that says 64 × 64."""
    at, changed = -1, bytearray(avif)
    while (at := avif.find(b"ispe", at + 1)) >= 0:
        changed[at + 8 : at + 16] = struct.pack(">2I", 64, 64)
    return bytes(changed)


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_an_avif_that_lies_about_its_size_is_not_decoded(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = lying(saved(Image.new(mode, (7500, 7500)), "AVIF", speed=10))
    assert largest_pixels(data) == 7500**2
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(Invalid, match="megapixels"):
        to_picture(data)


@pytest.mark.parametrize(
    "options",
    [{}, {"quality": 100}, {"subsampling": "4:4:4"}, {"exif": b"Exif\0\0MM\0*\0\0\0\x08", "icc_profile": b""}],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_size_that_av1_itself_tells(mode: str, options: dict[str, Any]) -> None:
    for size in ((64, 48), (1, 1), (1001, 333), (16, 4097)):
        avif = saved(Image.new(mode, size), "AVIF", speed=10, **options)
        assert largest_pixels(avif) == size[0] * size[1]
    frames = [Image.new(mode, (100, 80), "black") for _ in range(3)]
    assert largest_pixels(saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], speed=10)) == 8000


def test_an_avif_of_countless_parts_is_refused_at_once() -> None:
    avif = saved(quarters(), "AVIF")
    box = struct.pack(">I4s", 8, b"free")
    for data in (avif + box * 1_000_000, avif[:32] + box * 1_000_000, avif + b"\0\0\0\4moov" + b"\0" * 100):
        with pytest.raises(ValueError, match=r"part|box"):
            largest_pixels(data)


def test_a_jpeg_of_countless_scans_is_refused_and_a_film_behind_a_photo_is_none() -> None:
    jpeg = saved(quarters(640, 480), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    scan = jpeg[last:-2]
    with pytest.raises(Invalid, match="scans"):
        to_picture(jpeg[:last] + scan * (images.MAX_SCANS + 1) + jpeg[-2:])
    assert corners(opened(to_picture(jpeg + b"\xff\xda\x00\x02" * 1000))) == list(CORNERS)
    assert corners(opened(to_picture(jpeg))) == list(CORNERS)


@pytest.mark.parametrize(("mode", "black"), [("RGB", (0, 0, 0)), ("L", 0)])
def test_a_colour_of_a_png_that_is_transparent_becomes_white(mode: str, black: Any) -> None:
    image = Image.new(mode, (40, 40))
    image.paste(200 if mode == "L" else RED, (20, 0, 40, 40))
    shown = opened(to_picture(saved(image, "PNG", transparency=black))).convert("RGB")
    left, right = shown.getpixel((5, 20)), shown.getpixel((35, 20))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert min(left) > 240
    assert min(right) < 230
