"""What tests of several subjects share: a session in which requests cost something, and a host of inputs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from files import Host, serving, video_bytes

from cometact_nb.handles.session import Session


@pytest.fixture
def priced(session: Session) -> Session:
    """A session where a request costs $0.40, as on the real service."""
    session.configure(price=0.40)
    return session


@pytest.fixture
def host() -> Iterator[Host]:
    """A host of inputs of its own."""
    with serving() as made:
        yield made


@pytest.fixture(scope="session")
def clip() -> bytes:
    """A clip of four seconds."""
    return video_bytes(4)
