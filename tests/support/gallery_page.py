"""A gallery in JupyterLab, for several files of tests: what its cells run, and questions to its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

SETUP = """import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
inputs = dict(character=sandbox.character, reference=sandbox.reference)
sweep = act.sweep(reference=sandbox.reference, expression_intensity=[1, 5], seed=[1, 2], name="faces",
                  character=[sandbox.character, sandbox.character + "?scenario=unknown-failure"])
running = sweep.run(canary=False)"""
#: Clips of two characters by two intensities by two seeds; those of the second character fail.
CLIPS = 4
CLIP_S, FPS = 2, 24
READY = """count => { const videos = [...document.querySelectorAll('.cometact-gallery .tile video')];
    return videos.length === count && videos.every(video => video.readyState > 2 && !video.seeking); }"""


def picker(gallery: Locator, name: str) -> Locator:
    return gallery.get_by_role("combobox", name=name, exact=True)
