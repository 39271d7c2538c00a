"""How large the images in an AVIF file really are. Pure rules.

The container tells a size, and the AV1 data in it another one; decoders go by the second. Pillow checks the first, and
libavif's own limit, 268 megapixels, cannot be set through Pillow. So a file of 5 KB that calls itself 64 × 64 would
take more memory than the function has. No library that is installed reads a sequence header without decoding.

Sources: ISO/IEC 14496-12 (boxes, ``iloc``, ``stco``), AV1 Bitstream & Decoding Process Specification, sections 5.3 to
5.5 (OBUs, sequence header), AV1 Image File Format.
"""

from collections.abc import Iterator

_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"meta")
_SEQUENCE_HEADER = 1
MOST_PARTS = 10_000
"""Boxes, items and OBUs of one file together; a photo has some dozens."""


def largest_pixels(data: bytes) -> int:
    """The most pixels that a frame of the file may have; 0 if no AV1 data is found.

    Raises:
        IndexError: The file is cut off.
        ValueError: It has too many parts, or its data lies where no decoder looks for it.
    """
    parts = _Parts(len(data))
    sizes = [size for item in _items(data, parts) for size in _frame_sizes(item, parts)]
    return max((width * height for width, height in sizes), default=0)


class _Parts:
    """Counts what is looked at, so that a file made for it takes no long time."""

    def __init__(self, size: int) -> None:
        self._parts, self._bytes = MOST_PARTS, 2 * size

    def look(self, size: int = 0) -> None:
        self._parts -= 1
        self._bytes -= size
        if self._parts < 0 or self._bytes < 0:
            raise ValueError("too many parts")


def _boxes(data: bytes, start: int, end: int, parts: _Parts) -> Iterator[tuple[bytes, int, int]]:
    """Each box, and those in it, with where its content begins and ends."""
    at = start
    while at + 8 <= end:
        parts.look()
        size, kind, content = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, content = int.from_bytes(data[at + 8 : at + 16]), at + 16
        stop = end if size == 0 else at + size
        if stop < content:
            raise ValueError("a box ends before it begins")
        yield kind, content, min(stop, end)
        if kind in _CONTAINERS:
            yield from _boxes(data, content + 4 * (kind == b"meta"), min(stop, end), parts)
        at = stop


def _items(data: bytes, parts: _Parts) -> Iterator[bytes]:
    """Where the file says that its images are: its items, and the first frame of each track. More is not shown."""
    found = list(_boxes(data, 0, len(data), parts))
    inside = next((content for kind, content, _ in found if kind == b"idat"), 0)
    for kind, content, end in found:
        if kind == b"iloc":
            yield from _located(data, _Fields(data[content:end]), inside, parts)
        elif kind in (b"stco", b"co64"):
            fields = _Fields(data[content + 4 : end])
            if fields.take(4):
                start = fields.take(4 if kind == b"stco" else 8)
                parts.look(len(data) - start)
                yield data[start:]


class _Fields:
    """Reads unsigned integers of so many bytes, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> int:
        if self._at + size > len(self._data):
            raise IndexError("cut off")
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at])


def _located(data: bytes, fields: _Fields, inside: int, parts: _Parts) -> Iterator[bytes]:
    version, sizes = fields.take(4) >> 24, fields.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(fields.take(2 if version < 2 else 4)):
        parts.look()
        fields.take(2 if version < 2 else 4)
        method = fields.take(2) & 15 if version else 0
        if method > 1:
            raise ValueError("an item inside another item")
        fields.take(2)
        base = fields.take(base_size) + (inside if method == 1 else 0)
        item = b""
        for _ in range(fields.take(2)):
            fields.take(index_size if version else 0)
            start, length = base + fields.take(offset_size), fields.take(length_size)
            extent = data[start : start + length] if length else data[start:]
            parts.look(len(extent))
            item += extent
        yield item


def _frame_sizes(item: bytes, parts: _Parts) -> Iterator[tuple[int, int]]:
    """The largest width and height that each sequence header allows. Anything else than AV1 data has none."""
    at = 0
    while at < len(item) and not item[at] & 0x80:
        parts.look()
        header = item[at]
        at += 2 if header & 4 else 1
        size = len(item) - at
        if header & 2:
            size = shift = 0
            while True:  # Little-endian base 128.
                size |= (item[at] & 0x7F) << shift
                at, shift, more = at + 1, shift + 7, item[at] & 0x80
                if not more:
                    break
        if header >> 3 & 15 == _SEQUENCE_HEADER:
            yield _sequence_size(_Bits(item[at : at + size]))
        at += size


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data[:256]), 8 * min(len(data), 256)

    def take(self, count: int) -> int:
        if count > self._left:
            raise IndexError("cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def skip_uvlc(self) -> None:
        zeros = 0
        while not self.take(1):
            zeros += 1
        self.take(zeros if zeros < 32 else 0)


def _sequence_size(bits: _Bits) -> tuple[int, int]:
    """Reads a sequence header up to the size. The names are the specification's."""
    bits.take(3 + 1)  # seq_profile, still_picture
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)  # seq_level_idx
    else:
        delay_bits = 0
        if bits.take(1):  # timing_info_present_flag
            bits.take(32 + 32)  # num_units_in_display_tick, time_scale
            if bits.take(1):  # equal_picture_interval
                bits.skip_uvlc()  # num_ticks_per_picture_minus_1
            if bits.take(1):  # decoder_model_info_present_flag
                delay_bits = bits.take(5) + 1  # buffer_delay_length_minus_1
                bits.take(32 + 5 + 5)  # num_units_in_decoding_tick and the lengths of two times
        has_display_delay = bits.take(1)  # initial_display_delay_present_flag
        for _ in range(bits.take(5) + 1):  # operating_points_cnt_minus_1
            bits.take(12)  # operating_point_idc
            if bits.take(5) > 7:  # seq_level_idx
                bits.take(1)  # seq_tier
            if delay_bits and bits.take(1):  # decoder_model_present_for_this_op
                bits.take(2 * delay_bits + 1)  # decoder_buffer_delay, encoder_buffer_delay, low_delay_mode_flag
            if has_display_delay and bits.take(1):  # initial_display_delay_present_for_this_op
                bits.take(4)  # initial_display_delay_minus_1
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1
