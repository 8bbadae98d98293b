"""Ports for tests that must name one before it is used."""

from __future__ import annotations

import random
import socket

RANGE = range(20_000, 30_000)  # the kernel gives none of these away by itself, nor does Ray
_held: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no other test of this machine is given while we run."""
    for port in random.sample(RANGE, len(RANGE)):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0visual-sdpo-test-port-{port}")
            with socket.socket() as tried:
                tried.bind(("127.0.0.1", port))
        except OSError:  # another test's, or somebody listens
            lock.close()
            continue
        _held.append(lock)
        return port
    raise AssertionError(f"no port of {RANGE} is free")
