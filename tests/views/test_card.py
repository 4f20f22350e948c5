"""What a card shows, and what it weighs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from cards import FOLDER, Page, assert_harmless, html, text
from states import ACCEPTED, BODY, CLIP, ID, NOW, SIGNED, STATES, intended, replay, saved, seen, succeeded

from cometact_nb.domain.advice import advise
from cometact_nb.domain.task import Status
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.facts import tone
from cometact_nb.views.task.text import line


@pytest.mark.parametrize("name", STATES)
def test_every_state_reads_well_as_html(name: str) -> None:
    state = STATES[name]
    page = assert_harmless(html(state))
    assert state.status.value.replace("_", " ") in page.text
    assert (state.id or state.key)[:8] in page.text
    if not state.clips:
        said = " ".join(page.text.split())
        assert advise(state).headline[:60] in said
        assert advise(state).cure[:60] in said


@pytest.mark.parametrize("name", STATES)
def test_every_state_reads_well_as_text(name: str) -> None:
    state = STATES[name]
    lines = text(state).splitlines()
    assert 2 <= len(lines) <= 6
    assert state.status.value.replace("_", " ") in lines[0]
    assert lines[1] == advise(state).headline
    assert state.status.value.replace("_", " ") in line(state, NOW)


@pytest.mark.parametrize("name", STATES)
def test_every_picture_has_a_text_since_jupyterlab_writes_image_for_an_empty_one(name: str) -> None:
    page = Page(html(STATES[name], coming=FOLDER / "clips/a.mp4"))
    assert all(attrs.get("alt") for tag, attrs in page.tags if tag == "img")


def test_nothing_stands_below_an_input_s_picture_whose_place_stays_when_it_is_gone() -> None:
    side = html(STATES["RUNNING"]).partition("Copy as")[0]
    picture = side.rindex("<video")
    assert max(side.rindex(part) for part in ("Seed", "Reference")) < picture
    assert not re.sub("<[^>]*>", "", side[picture:]).strip()


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_state_here_and_a_colour(status: Status) -> None:
    found = [state for state in STATES.values() if state.status is status]
    assert found
    assert tone(found[0]).startswith("#")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/home/ada/work/clips/a.mp4", "clips/a.mp4"),
        ("/home/ada/work/my clips/100% #1?.mp4", "my%20clips/100%25%20%231%3F.mp4"),
        ("/home/ada/work/javascript:alert(1).mp4", "javascript%3Aalert%281%29.mp4"),
        ("/home/ada/work/ünï.mp4", "%C3%BCn%C3%AF.mp4"),
        ("/home/ada/other/a.mp4", "../other/a.mp4"),
        ('/home/ada/work/"quoted".mp4', "%22quoted%22.mp4"),
    ],
)
def test_the_clip_is_a_relative_percent_encoded_file(path: str, source: str) -> None:
    page = Page(html(succeeded(msgspec.structs.replace(CLIP, path=path))))
    (video,) = [attrs for tag, attrs in page.tags if tag == "video" and "controls" in attrs]
    assert video["src"] == source
    (link,) = [attrs for tag, attrs in page.tags if tag == "a" and "download" in attrs]
    assert link["href"] == source


def test_a_clip_on_another_storage_is_named_and_not_loaded() -> None:
    page = Page(html(succeeded(msgspec.structs.replace(CLIP, path="s3://bucket/a.mp4"))))
    assert not [attrs for tag, attrs in page.tags if tag == "video" and "controls" in attrs]
    assert "s3://bucket/a.mp4" in page.text


def test_a_link_inside_the_folder_is_followed_by_its_name(tmp_path: Path) -> None:
    notebooks, disk = tmp_path / "notebooks", tmp_path / "disk"
    notebooks.mkdir()
    disk.mkdir()
    (notebooks / "clips").symlink_to(disk)
    clip = msgspec.structs.replace(CLIP, path=str(notebooks / "clips" / "a.mp4"))
    assert 'src="clips/a.mp4"' in html(succeeded(clip), notebook_dir=notebooks)


def test_a_folder_reached_by_two_names_is_one_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    clip = msgspec.structs.replace(CLIP, path=str(tmp_path / "real" / "a.mp4"))
    assert 'src="a.mp4"' in html(succeeded(clip), notebook_dir=tmp_path / "alias")


def test_the_finished_card_tells_what_where_and_how_much() -> None:
    shown = Page(html(STATES["SUCCEEDED"])).text
    for fact in (
        "1280 × 720 · 24 fps · 5.0 s · 1.3 MB",
        "act_two_outputs/20260503-092000_5b91e444.mp4",
        "3 · natural",
        "on · face and gestures",
        "424242",
        "low · less strict",
        "portrait-ada.png",
        "greeting-take-3.mp4",
        "about $0.40 (estimate)",
        "42 s",
        "%act_two -c https://",
        "$COMETAPI_KEY",
    ):
        assert fact in shown
    assert str(FOLDER) not in shown


def test_only_knobs_that_are_set_are_shown() -> None:
    bare = {name: BODY[name] for name in ("model", "character", "reference")}
    shown = Page(html(replay(intended(request=bare)))).text
    assert "Seed" not in shown
    assert "defaults" in shown


def test_the_sandbox_says_so_and_names_no_price() -> None:
    for shown in (
        Page(html(STATES["SUCCEEDED"], sandbox=True)).text,
        text(STATES["SUCCEEDED"], sandbox=True),
    ):
        assert "SANDBOX" in shown
        assert "nothing billed" in shown
        assert "0.40" not in shown


@pytest.mark.parametrize("name", ["REFUSED", "REFUSED, not sent"])
def test_what_was_refused_was_not_billed(name: str) -> None:
    assert "Nothing billed" in Page(html(STATES[name])).text
    assert "Nothing billed" in text(STATES[name])


def test_a_picture_of_an_unfinished_task_says_when_it_was_taken_and_how_to_go_on() -> None:
    shown = Page(html(STATES["RUNNING"])).text
    assert "As of 2026-05-03" in shown
    assert f"act.task('{ID}')" in shown


def test_prices_are_kept_from_being_read_as_formulas() -> None:
    frame = Page(html(STATES["SUCCEEDED"])).tags[0][1]
    assert {"tex2jax_ignore", "mathjax_ignore"} <= set((frame["class"] or "").split())


def test_a_finished_card_holds_a_small_picture_and_the_cure_for_when_its_clip_was_moved(
    tmp_path: Path,
) -> None:
    image = pytest.importorskip("PIL.Image")
    poster = tmp_path / "a.jpg"
    image.effect_noise((1280, 720), 40).convert("RGB").save(poster)  # as large as a picture gets
    card = html(succeeded(msgspec.structs.replace(CLIP, path=str(FOLDER / "a.mp4"), poster=str(poster))))
    (picture,) = re.findall(r'<video src="a\.mp4"[^>]* poster="data:image/jpeg;base64,([^"]*)"', card)
    assert len(picture) <= 3000
    assert "%act_two relink" in card


def test_a_finished_card_is_small_in_a_notebook() -> None:
    state = STATES["SUCCEEDED"]
    output = {
        "data": {
            "text/html": html(state, autoplay=True).splitlines(keepends=True),
            "text/plain": text(state, notebook_dir=FOLDER).splitlines(keepends=True),
        },
        "metadata": {},
        "output_type": "display_data",
    }
    assert len(json.dumps(output, ensure_ascii=False)) <= 6300  # without its poster


def test_inline_data_of_megabytes_does_not_end_up_in_the_card() -> None:
    uri = "data:image/png;base64," + "A" * 3_000_000
    state = replay(
        intended(request={**BODY, "character": {"type": "image", "uri": uri}}, allow_unlisted=True)
    )
    assert len(html(state)) < 20_000


def test_a_request_that_this_version_cannot_read_still_has_a_card() -> None:
    state = replay(intended(request={"model": "act_three", "magic": 1}), ACCEPTED)
    assert "does not read" in html(state)


def test_progress_changes_the_numbers_and_not_the_structure() -> None:
    steps = [
        STATES["SUBMITTING"],
        STATES["PENDING"],
        STATES["THROTTLED"],
        STATES["RUNNING"],
        STATES["UNKNOWN"],
    ]
    assert len({html(state, live=True) for state in steps}) == 1
    assert html(STATES["SUCCEEDED"], live=True) != html(STATES["RUNNING"], live=True)


def test_a_live_card_brings_its_clip_by_message_and_not_by_url() -> None:
    page = Page(html(STATES["SUCCEEDED"], live=True))
    (video,) = [attrs for tag, attrs in page.tags if tag == "video" and "controls" in attrs]
    assert "src" not in video
    assert video["data-clip"] == "0"


def test_only_an_unfinished_live_card_can_be_cancelled() -> None:
    assert 'data-action="cancel"' in html(STATES["RUNNING"], live=True)
    assert 'data-action="cancel"' not in html(STATES["SUCCEEDED"], live=True)
    assert "<button" not in html(STATES["RUNNING"])


def test_several_clips_are_all_shown() -> None:
    second = msgspec.structs.replace(CLIP, path="/home/ada/work/second.mp4")
    done = seen(Status.SUCCEEDED, output_urls=(SIGNED,))
    state = replay(intended(), ACCEPTED, done, saved(), saved(second))
    assert Page(html(state)).values("src").count("second.mp4") == 1
    assert "second.mp4" in text(state)


def test_what_has_ended_cannot_be_cancelled_though_its_clip_is_still_fetched() -> None:
    button = 'data-action="cancel"'
    assert button in html(STATES["RUNNING"], live=True)
    assert button not in html(STATES["SUCCEEDED, fetching"], live=True)


def test_a_card_names_a_local_file_that_went_inside_the_request() -> None:
    state = STATES["SUCCEEDED"]
    assert state.request is not None
    inline = {"type": "image", "uri": "data:image/png;base64,iVBORw0KGgo="}
    local = msgspec.structs.replace(
        state,
        request={**state.request, "character": inline},
        allow_unlisted=True,
        input_names={"character": "my <face>.png"},
    )
    shown = card_html(local, now=NOW, notebook_dir=Path("/home/ada"), sandbox=False)
    assert "my &lt;face&gt;.png" in shown
    assert "image/png, inline" not in shown
