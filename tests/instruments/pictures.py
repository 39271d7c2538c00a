"""Images to upload."""

from functools import cache
from io import BytesIO

from PIL import Image

from tests.instruments.api import Api


@cache
def image(number: int = 0, width: int = 40, height: int = 30, kind: str = "JPEG") -> bytes:
    """A small image; each number is another one."""
    target = BytesIO()
    Image.new("RGB", (width, height), (number * 40 % 256, number * 7 % 256, 90)).save(target, kind)
    return target.getvalue() + number.to_bytes(2)


def shown(api: Api, url: str) -> Image.Image:
    """The picture under a photo's URL, fetched without a token."""
    path = "/" + url.split("/", 3)[3]
    answer = api.call("GET", path)
    assert answer.status_code == 200, (url, answer.text)
    assert answer.mimetype == "image/webp"
    return Image.open(BytesIO(answer.data))
