"""Bodies whose every byte follows from (seed, offset), so that any part can be checked."""

import functools
import hashlib
import os
import random

BLOCK = 64 * 1024


@functools.lru_cache(maxsize=512)
def _block(seed, index):
    return random.Random(f"{seed}:{index}").randbytes(BLOCK)


def body(seed, offset, length):
    """`length` bytes of the endless body `seed`, from `offset` on."""
    parts = []
    end = offset + length
    while offset < end:
        index, skip = divmod(offset, BLOCK)
        part = _block(str(seed), index)[skip : skip + end - offset]
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def body_sha256(seed, size):
    digest = hashlib.sha256()
    for offset in range(0, size, BLOCK):
        digest.update(body(seed, offset, min(BLOCK, size - offset)))
    return digest.hexdigest()


def write_body(path, seed, size):
    with open(path, "wb") as file:
        for offset in range(0, size, BLOCK):
            file.write(body(seed, offset, min(BLOCK, size - offset)))


def check_bytes(data, seed, offset=0):
    """Asserts that `data` is the body from `offset` on; names the first byte that is not."""
    expected = body(seed, offset, len(data))
    if data != expected:
        at = next(i for i, (a, b) in enumerate(zip(data, expected)) if a != b)
        raise AssertionError(
            f"byte {offset + at} is wrong: {data[at]:#04x}, not {expected[at]:#04x}"
        )


def check_file(path, seed, size):
    """Asserts that the file holds exactly the first `size` bytes of the body `seed`."""
    found = os.path.getsize(path)
    assert found == size, f"{path} has {found} bytes, not {size}"
    with open(path, "rb") as file:
        for offset in range(0, size, BLOCK):
            check_bytes(file.read(min(BLOCK, size - offset)), seed, offset)
