"""Damage of every kind, drawn from a generator so that each can be done again."""

import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

INTERESTING = (0, 1, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 1 << 24, (1 << 31) - 1)
INTERESTING_LARGE = (*INTERESTING, 1 << 31, (1 << 32) - 1, 1 << 40, (1 << 63) - 1)


def damaged(generator: random.Random, content: bytes, others: list[bytes]) -> bytes:
    """Content with one to six changes: bits, bytes, numbers, blocks, its end, another's block."""
    data = bytearray(content)
    for _ in range(generator.randint(1, 6)):
        if not data:
            break
        generator.choice(_CHANGES)(generator, data, others)
    return bytes(data)


def _flip(generator: random.Random, data: bytearray, _: list[bytes]) -> None:
    data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)


def _set(generator: random.Random, data: bytearray, _: list[bytes]) -> None:
    data[generator.randrange(len(data))] = generator.choice((0, 1, 127, 128, 254, 255))


def _number(generator: random.Random, data: bytearray, _: list[bytes]) -> None:
    """Sizes and offsets are numbers of 2, 4 or 8 bytes, often near the start."""
    size = generator.choice((2, 4, 8))
    near = min(len(data), generator.choice((64, 512, len(data))))
    at = generator.randrange(max(1, near - size))
    value = generator.choice(INTERESTING_LARGE) % (1 << (8 * size))
    data[at : at + size] = value.to_bytes(size, generator.choice(("big", "little")))


def _remove(generator: random.Random, data: bytearray, _: list[bytes]) -> None:
    at = generator.randrange(len(data))
    del data[at : at + generator.randint(1, 64)]


def _repeat(generator: random.Random, data: bytearray, _: list[bytes]) -> None:
    at = generator.randrange(len(data))
    block = data[at : at + generator.randint(1, 256)]
    data[at:at] = block * generator.choice((1, 2, 50))


def _cut(generator: random.Random, data: bytearray, _: list[bytes]) -> None:
    del data[generator.randrange(len(data)) :]


def _splice(generator: random.Random, data: bytearray, others: list[bytes]) -> None:
    other = generator.choice(others)
    at, start = generator.randrange(len(data)), generator.randrange(max(1, len(other)))
    data[at:at] = other[start : start + generator.randint(1, 512)]


_CHANGES: tuple[Callable[[random.Random, bytearray, list[bytes]], None], ...] = (
    _flip,
    _flip,
    _set,
    _number,
    _number,
    _remove,
    _repeat,
    _cut,
    _splice,
)


def with_png_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what is in them now."""
    fixed, at = bytearray(content[:8]), 8
    while at + 12 <= len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        body = content[at + 4 : at + 8 + size]
        fixed += content[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + size
    return bytes(fixed)


_TEXTS = (
    "",
    " ",
    "é",
    "e\u0301",
    "\ud800",
    "x" * 5000,
    "../../x",
    "/etc/passwd",
    "\0",
    "\n",
    "NaN",
    "\x1b[2J\u202egnp\x9b",
)


def strange_value(generator: random.Random) -> Any:
    """A value that JSON can hold and nobody expects."""
    plain: tuple[Any, ...] = (
        None,
        True,
        False,
        [],
        {},
        -1,
        0,
        1,
        0.5,
        -0.0,
        1e308,
        float("nan"),
        float("inf"),
    )
    kind = generator.randrange(4)
    if kind == 0:
        return generator.choice(_TEXTS)
    if kind == 1:
        return generator.choice((*INTERESTING_LARGE, 10**400, -(1 << 63)))
    if kind == 2:
        nested: Any = []
        for _ in range(generator.choice((1, 3, 200))):
            nested = [nested]
        return nested
    return generator.choice(plain)


def changed_json(generator: random.Random, value: Any) -> Any:
    """A JSON value in which something was replaced, removed or added, at any depth."""
    if isinstance(value, dict) and value and generator.random() < 0.85:
        key = generator.choice(sorted(value))
        action = generator.random()
        if action < 0.1:
            return {name: each for name, each in value.items() if name != key}
        if action < 0.15:
            return {**value, str(strange_value(generator)): strange_value(generator)}
        return {**value, key: changed_json(generator, value[key])}
    if isinstance(value, list) and value and generator.random() < 0.8:
        at = generator.randrange(len(value))
        action = generator.random()
        if action < 0.15:
            return value[:at] + value[at + 1 :]
        if action < 0.3:
            return value[:at] + [value[at]] * generator.choice((2, 40)) + value[at:]
        return [*value[:at], changed_json(generator, value[at]), *value[at + 1 :]]
    return strange_value(generator)
