"""A small set of listing ids that may say "perhaps" wrongly but never "no" wrongly. Pure rules.

The coverage alone cannot tell whether a tenant has acted on a listing that has since moved, or acted under other
preferences. Asking for the swipe would cost one more round trip on every call, so the ids of all listings acted on are
also kept as Bloom filters in the tenant's document, and only a "perhaps" asks.

Each layer is twice as large as the one before and takes as many ids as keep its error under 0.05 % (16 bits an id, 11
hashes; Bloom 1970). All layers together stay under 256 KiB, a quarter of what a Firestore document may hold; the last
layer then takes all further ids, and a tenant beyond 130,000 swipes pays an extra read now and then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

BITS_PER_ID = 16
HASHES = 11
FIRST_CAPACITY = 256
MAX_LAYERS = 9  # 256 ids in 512 bytes, then 512 in 1 KiB, ... 65,536 in 128 KiB: 130,816 ids in all.


def _capacity(layer: int) -> int:
    return FIRST_CAPACITY << layer


def _bits(key: int, size: int) -> Iterator[int]:
    digest = blake2b(key.to_bytes(8, "big"), digest_size=16).digest()
    start, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
    for i in range(HASHES):
        yield (start + i * step) % size


@dataclass(frozen=True)
class Seen:
    """The layers, oldest first, and how many ids the last one has taken."""

    layers: tuple[bytes, ...] = ()
    count: int = 0

    def might_contain(self, key: int) -> bool:
        """False: the id was never added. True: it was, or, rarely, it was not."""
        return any(
            all(layer[bit >> 3] & (1 << (bit & 7)) for bit in _bits(key, len(layer) * 8)) for layer in self.layers
        )

    def with_id(self, key: int) -> "Seen":
        """The set with one more id. Only the last layer differs, or a new one is appended."""
        layers, count = self.layers, self.count
        if not layers or (count >= _capacity(len(layers) - 1) and len(layers) < MAX_LAYERS):
            layers, count = (*layers, bytes(_capacity(len(layers)) * BITS_PER_ID // 8)), 0
        last = bytearray(layers[-1])
        for bit in _bits(key, len(last) * 8):
            last[bit >> 3] |= 1 << (bit & 7)
        return Seen((*layers[:-1], bytes(last)), count + 1)
