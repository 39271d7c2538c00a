"""A small set of listing ids that may say "perhaps" wrongly but never "no" wrongly. Pure rules.

The coverage alone cannot tell whether a tenant has acted on a listing that has since moved, or acted under other
preferences. Asking for the swipe would cost one more round trip on every call, so the ids of all listings acted on are
also kept as Bloom filters in the tenant's document, and only a "perhaps" asks.

A layer takes as many ids as keep its error under 0.05 % (16 bits an id, 11 hashes; Bloom 1970). The first layers double
in size, from then on all are small: an action sends the last one, which must not grow with the history. All layers
together stay under 256 KiB, a quarter of what a Firestore document may hold; the last layer then takes all further ids,
and a tenant beyond 130,000 swipes pays an extra read now and then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

BITS_PER_ID = 16
HASHES = 11
FIRST_CAPACITY = 256
LARGEST_CAPACITY = 1024  # 2 KiB.
MAX_BYTES = 256 * 1024  # 131,072 ids.


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
        bits: dict[int, tuple[int, ...]] = {}
        for layer in self.layers:
            size = len(layer) * 8
            if size not in bits:
                bits[size] = tuple(_bits(key, size))
            for bit in bits[size]:  # Much faster than all(…), and this is asked for every card.
                if not layer[bit >> 3] & (1 << (bit & 7)):
                    break
            else:
                return True
        return False

    def with_id(self, key: int) -> "Seen":
        """The set with one more id. Only the last layer differs, or a new one is appended."""
        layers, count = self.layers, self.count
        capacity = len(layers[-1]) * 8 // BITS_PER_ID if layers else 0
        # A layer of before, when they went on doubling, takes no more.
        if not layers or ((count >= capacity or capacity > LARGEST_CAPACITY) and sum(map(len, layers)) < MAX_BYTES):
            size = min(capacity * 2 or FIRST_CAPACITY, LARGEST_CAPACITY)
            layers, count = (*layers, bytes(size * BITS_PER_ID // 8)), 0
        last = bytearray(layers[-1])
        for bit in _bits(key, len(last) * 8):
            last[bit >> 3] |= 1 << (bit & 7)
        return Seen((*layers[:-1], bytes(last)), count + 1)
