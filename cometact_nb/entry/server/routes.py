"""The routes below ``{base_url}cometact-nb/api/``; :mod:`~cometact_nb.entry.server.answers` has their JSON.

``GET status``, ``GET tasks``, ``GET tasks/{key}``, ``GET sweeps``, ``GET sweeps/{key}``,
``GET galleries/{key}``, ``GET clips/{key}/{number}``, ``GET posters/{key}/{number}``, ``GET today``,
``GET doctor?path=``, and ``POST keeper``. All but the doctor go by key, never by path.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join
from tornado import web

from cometact_nb.entry.server.base import Route
from cometact_nb.entry.server.media import ClipRoute, PosterRoute

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.entry.server.extension import Extension

__all__ = ["ROUTES", "handlers"]

_KEY, _NUMBER, _SWEEP = r"([A-Za-z0-9_-]{1,100})", r"([0-9]{1,4})", r"([0-9a-f]{16})"


_ROLES: dict[str, Role | None] = {"": None, "character": "character", "reference": "reference"}


class StatusRoute(Route):
    """``status``."""

    async def read(self, *_: str) -> None:
        """Answer with :class:`ServerStatus`."""
        user = self.current_user
        may_switch = await self._may_write(user)
        self.answer(await self.extension.status(may_switch=may_switch))

    async def _may_write(self, user: Any) -> bool:
        verdict = self.authorizer.is_authorized(self, user, "write", self.auth_resource)
        return bool(await verdict if inspect.isawaitable(verdict) else verdict)


class TasksRoute(Route):
    """``tasks?status=&text=&since=&limit=&before=``: as ``act.history`` takes them."""

    async def read(self, *_: str) -> None:
        """Answer with :class:`TaskPage`; ``limit`` is 1–500, by default 100."""
        names = ("status", "text", "since", "limit", "before")
        query = {name: self.get_query_argument(name, "") for name in names}
        self.answer(await self.extension.tasks(**query))


class TaskRoute(Route):
    """``tasks/{key}``."""

    async def read(self, *names: str) -> None:
        """Answer with :class:`TaskDetails`."""
        task = await self.extension.task(names[0])
        if task is None:
            raise web.HTTPError(404, "No history has this task.")
        self.answer(task)


class SweepsRoute(Route):
    """``sweeps?limit=``."""

    async def read(self, *_: str) -> None:
        """Answer with :class:`SweepPage`; ``limit`` is 1–500, by default 50."""
        self.answer(await self.extension.sweeps(self.get_query_argument("limit", "")))


class SweepRoute(Route):
    """``sweeps/{key}``."""

    async def read(self, *names: str) -> None:
        """Answer with :class:`SweepDetails`."""
        sweep = await self.extension.sweep(names[0])
        if sweep is None:
            raise web.HTTPError(404, "No history has this sweep.")
        self.answer(sweep)


class GalleryRoute(Route):
    """``galleries/{key}``."""

    async def read(self, *names: str) -> None:
        """Answer with :class:`SweepGallery`."""
        gallery = await self.extension.gallery(names[0])
        if gallery is None:
            raise web.HTTPError(404, "No history has this sweep.")
        self.answer(gallery)


class TodayRoute(Route):
    """``today?since=``."""

    async def read(self, *_: str) -> None:
        """Answer with :class:`Today`; ``since`` is the day's beginning, by default the server's midnight."""
        self.answer(await self.extension.today(self.get_query_argument("since", "")))


class DoctorRoute(Route):
    """``doctor?path=&role=``."""

    async def read(self, *_: str) -> None:
        """Answer with :class:`DoctorAnswer` about a file that the server's contents manager has."""
        from cometact_nb.entry.server.doctor import examine, file_of  # noqa: PLC0415  (not at the start)

        path = self.get_query_argument("path")
        file = await file_of(self.contents_manager, path)
        role = self.get_query_argument("role", "")
        if role not in _ROLES:
            raise web.HTTPError(400, "role is neither character nor reference. Give one of them.")
        self.answer(await asyncio.to_thread(examine, file, path, _ROLES[role]))


class KeeperRoute(Route):
    """``keeper``: POST ``{"on": true}`` or ``{"on": false}``."""

    async def change(self, *_: str) -> None:
        """Switch the keeper; answer with :class:`ServerStatus`."""
        try:
            wish = json.loads(self.request.body)
        except ValueError:
            wish = None
        if not isinstance(wish, dict) or set(wish) != {"on"} or not isinstance(wish["on"], bool):
            raise web.HTTPError(400, 'The body is no switch. Send {"on": true} or {"on": false}.')
        await self.extension.switch_keeper(on=wish["on"])
        self.answer(await self.extension.status(may_switch=True))


#: Each address, by a regular expression, and its handler.
ROUTES: tuple[tuple[str, type[Route]], ...] = (
    ("status", StatusRoute),
    ("tasks", TasksRoute),
    (f"tasks/{_KEY}", TaskRoute),
    ("sweeps", SweepsRoute),
    (f"sweeps/{_SWEEP}", SweepRoute),
    (f"galleries/{_SWEEP}", GalleryRoute),
    (f"clips/{_KEY}/{_NUMBER}", ClipRoute),
    (f"posters/{_KEY}/{_NUMBER}", PosterRoute),
    ("today", TodayRoute),
    ("doctor", DoctorRoute),
    ("keeper", KeeperRoute),
)


def handlers(
    base_url: str, extension: Callable[[], Extension]
) -> list[tuple[str, type[Route], dict[str, Any]]]:
    """Return the routes for the server's web application.

    Args:
        base_url: of the server.
        extension: makes what answers, once.
    """
    return [
        (url_path_join(base_url, "cometact-nb", "api", pattern), route, {"extension": extension})
        for pattern, route in ROUTES
    ]
