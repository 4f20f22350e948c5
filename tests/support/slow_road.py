"""A road to a server on loopback on which a large upload stands still until it is let go."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_FULL_BYTES = 1 << 20


class Road:
    """The port to connect to, and how the road stands."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        #: An upload has brought a megabyte, and waits.
        self.is_full = threading.Event()
        #: It may go on.
        self.is_free = threading.Event()
        self._threads: list[threading.Thread] = []
        self._ends = [self._listener]
        self._start(self._accept)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                self._start(self._carry, near, far, True)
                self._start(self._carry, far, near, False)

    def _carry(self, source: socket.socket, target: socket.socket, is_upload: bool) -> None:
        count = 0
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                count += len(piece)
                if is_upload and count > _FULL_BYTES:
                    self.is_full.set()
                    self.is_free.wait(60)
                target.sendall(piece)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Wait until all that is on the road has arrived."""
        self.is_free.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(2)
        for one in self._ends:
            one.close()


@contextmanager
def slow_road(to: int) -> Iterator[Road]:
    """Lay a road to a port of this machine."""
    road = Road(to)
    try:
        yield road
    finally:
        road.end()
