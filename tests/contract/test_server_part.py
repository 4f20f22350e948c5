"""The Jupyter server's extension gives to its own user, by key, what the user's history has, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from jupyter_servers import TOKEN
from served import BASE, KEY, SIGNED, Served

METHOD = {"keeper": ("POST", {"on": False})}


def test_every_route_answers_below_the_servers_own_address(served: Served) -> None:
    for pattern, address in served.addresses().items():
        method, body = METHOD.get(pattern, ("GET", None))
        answer = served.ask(address, method, json=body)
        assert answer.status_code == 200, (address, answer.text)
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "frame-ancestors 'self'" in policy
    assert httpx.get(f"{served.server.address.removesuffix(BASE.rstrip('/'))}/cometact-nb/api/status",
                     headers={"Authorization": f"token {TOKEN}"}, trust_env=False).status_code == 404  # fmt: skip


def test_no_route_answers_a_stranger(served: Served) -> None:
    for address in served.addresses().values():
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
            for token in ("", "a-wrong-token"):
                answer = served.ask(address, method, token=token)
                assert answer.status_code in {403, 405}, (method, address)
                assert served.key not in answer.text
            if method in {"GET", "HEAD", "POST"}:
                assert served.ask(address, method, token="").status_code == 403, (method, address)


def test_every_route_asks_the_authoriser(served: Served) -> None:
    for pattern, address in served.addresses().items():
        method, body = METHOD.get(pattern, ("GET", None))
        for allowed in ("", "contents:read,contents:write", "cometact-nb:" + "read" * (method == "POST")):
            answer = served.ask(address, method, json=body, headers={"X-Allowed": allowed})
            assert answer.status_code == 403, (address, allowed)
        reads = served.ask(address, method, json=body, headers={"X-Allowed": "cometact-nb:read"})
        assert reads.status_code == (403 if method == "POST" else 200), address
    assert (
        served.ask("status", headers={"X-Allowed": "cometact-nb:read"}).json()["keeper"]["possible"] is False
    )


def test_another_sites_page_changes_nothing(served: Served) -> None:
    with httpx.Client(trust_env=False) as browser:
        browser.get(f"{served.server.address}/api/status", params={"token": TOKEN})
        browser.get(f"{served.server.address}/login", params={"token": TOKEN}, follow_redirects=True)
        url = f"{served.server.api}/keeper"
        assert browser.get(f"{served.server.api}/status").status_code == 200, "the cookie is good"
        assert browser.post(url, json={"on": False}).status_code == 403
        foreign = {"Origin": "https://evil.example", "Host": httpx.URL(url).netloc.decode()}
        assert browser.get(f"{served.server.api}/status", headers=foreign).status_code == 404
        xsrf = {"X-XSRFToken": browser.cookies.get("_xsrf") or ""}
        assert browser.post(url, json={"on": False}, headers={**foreign, **xsrf}).status_code in {403, 404}
        assert browser.post(url, json={"on": False}, headers=xsrf).status_code == 200


def test_no_answer_has_a_key_a_signature_or_a_path_that_is_not_for_people(clip_row: Served) -> None:
    with sqlite3.connect(clip_row.history) as db:
        ((text,),) = db.execute("SELECT state FROM tasks WHERE key = ?", (clip_row.key,)).fetchall()
        state = json.loads(text)
        state["request"]["character"]["uri"] = SIGNED
        state["output_urls"] = [SIGNED]
        state["problem"] = state["failure"] = f"refused {KEY} at {SIGNED}"
        state["cancel_message"] = state["clip_error"] = f"{KEY} {SIGNED}"
        state["clips"] = []
        db.execute("UPDATE tasks SET state = ? WHERE key = ?", (json.dumps(state), clip_row.key))
    db.close()
    for pattern, address in clip_row.addresses().items():
        method, body = METHOD.get(pattern, ("GET", None))
        for query in ("", "?limit=nonsense&since=%00&before=x"):
            answer = clip_row.ask(address + query, method, json=body).text
            assert "Signature" not in answer, address
            assert "Traceback" not in answer, address
            assert KEY not in answer, address
    assert KEY not in clip_row.server.log.read_text()


def test_errors_are_one_line_of_json(served: Served) -> None:
    answers = {
        "tasks?status=never": 400,
        "tasks?limit=0": 400,
        "tasks?before=soon": 400,
        "today?since=never": 400,
        "tasks/local-0": 404,
        "sweeps/0123456789abcdef": 404,
        f"clips/{served.key}/9": 404,
        "clips/local-0/0": 404,
        "doctor?path=nothing.mp4": 404,
        f"doctor?path={served.clip.relative_to(served.project)}&role=extra": 400,
    }
    for address, status in answers.items():
        answer = served.ask(address)
        assert answer.status_code == status, (address, answer.text)
        assert set(answer.json()) == {"message"}
        assert str(served.project) not in answer.text
    for body in (b"", b"[]", b'{"on": 1}', b'{"on": true, "key": "x"}'):
        assert served.ask("keeper", "POST", content=body).status_code == 400


# --- clips --------------------------------------------------------------------------------------------


def test_a_clip_comes_whole_or_in_one_part(served: Served) -> None:
    address, content = f"clips/{served.key}/0", served.clip.read_bytes()
    whole = served.ask(address)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "video/mp4"
    etag = whole.headers["etag"]
    head = served.ask(address, "HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    for asked, start, end in (
        ("0-9", 0, 10),
        ("100-", 100, len(content)),
        ("-7", len(content) - 7, len(content)),
    ):
        part = served.ask(address, headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, content[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(content)}"
        assert part.headers["etag"] == etag
    for odd in ("bytes=0-9,20-29", "lines=1-2", "bytes=9-3", "bytes=a-b", f"bytes=0-{'9' * 5000}"):
        several = served.ask(address, headers={"Range": odd})
        assert (several.status_code, several.content) == (200, content)
    beyond = served.ask(address, headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert served.ask(address, headers={"If-None-Match": etag}).status_code == 304
    stale = served.ask(address, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (stale.status_code, stale.content) == (200, content)


def test_a_poster_is_a_picture(served: Served) -> None:
    answer = served.ask(f"posters/{served.key}/0")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content == served.clip.with_suffix(".jpg").read_bytes()


def refuses(served: Served) -> bool:
    """Whether neither clip nor poster of the row comes, and the list says so."""
    (row,) = [row for row in served.get("tasks")["tasks"] if row["key"] == served.key]
    answers = [served.ask(f"{kind}/{served.key}/0") for kind in ("clips", "posters")]
    return row["clip"] is row["poster"] is None and [one.status_code for one in answers] == [404, 404]


def test_a_row_that_names_another_file_gives_nothing(clip_row: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(clip_row.clip.read_bytes())
    for path in (
        secret,
        "/etc/passwd",
        "/dev/zero",
        tmp_path,
        "relative.mp4",
        f"{clip_row.project}/x/../../secret.mp4",
    ):
        clip_row.change(clip_row.key, path=str(path))
        assert refuses(clip_row), path


def test_a_link_in_the_output_folder_leads_nowhere(clip_row: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(clip_row.clip.read_bytes())
    link = clip_row.clip.with_name("link.mp4")
    link.symlink_to(secret)
    shutil.copy(clip_row.clip.with_suffix(".json"), link.with_suffix(".json"))
    try:
        clip_row.change(clip_row.key, path=str(link))
        assert refuses(clip_row)
    finally:
        link.unlink()
        link.with_suffix(".json").unlink()


def test_nothing_comes_from_a_hidden_folder(clip_row: Served) -> None:
    hidden = clip_row.project / ".hidden"
    hidden.mkdir()
    for suffix in (".mp4", ".json", ".jpg"):
        shutil.copy(clip_row.clip.with_suffix(suffix), hidden)
    link = clip_row.project / "open"
    link.symlink_to(hidden)
    try:
        for folder in (hidden, link):
            clip_row.change(clip_row.key, path=str(folder / clip_row.clip.name))
            assert refuses(clip_row), folder
            for path in (f"{folder.name}/{clip_row.clip.name}", f"x/../{folder.name}/{clip_row.clip.name}"):
                assert clip_row.ask("doctor", params={"path": path}).status_code == 404
    finally:
        link.unlink()
        shutil.rmtree(hidden)


def test_a_record_that_is_a_pipe_a_link_or_endless_is_none(clip_row: Served, tmp_path: Path) -> None:
    record = clip_row.clip.with_suffix(".json")
    aside = Path(shutil.move(record, tmp_path / "aside.json"))
    try:
        for make in (os.mkfifo, lambda path: path.symlink_to(aside), lambda path: path.symlink_to("/dev/zero"),
                     Path.mkdir, lambda path: path.write_text(aside.read_text() + " " * (1 << 20))):  # fmt: skip
            make(record)
            assert refuses(clip_row)
            record.rmdir() if record.is_dir() else record.unlink()
    finally:
        shutil.move(aside, record)


WORDS = ("nan", "inf", "-1", "1e999", "%", "'", "[]", " ", "\0", "\ud800", "\u0665", "9" * 400, "9" * 5000)
ASKED = (
    "tasks?since",
    "tasks?text",
    "tasks?before",
    "tasks?limit",
    "today?since",
    "sweeps?limit",
    "doctor?path",
)


def test_nonsense_in_a_question_is_answered_in_one_line(served: Served) -> None:
    for name in ASKED:
        for word in WORDS:
            answer = served.ask(f"{name}={quote(word, errors='surrogatepass')}")
            assert answer.status_code in {200, 400, 404}, (name, word[:9], answer.text)
    assert "Traceback" not in served.server.log.read_text()


def test_a_changed_file_is_not_given_out_as_the_clip(clip_row: Served) -> None:
    kept = clip_row.clip.read_bytes()
    try:
        clip_row.clip.write_bytes(kept + b"more")
        assert refuses(clip_row)
    finally:
        clip_row.clip.write_bytes(kept)


def test_the_doctor_stays_in_the_servers_root(served: Served, tmp_path: Path) -> None:
    (tmp_path / "outside.mp4").write_bytes(served.clip.read_bytes())
    link = served.project / "outside.mp4"
    link.symlink_to(tmp_path / "outside.mp4")
    try:
        for path in (
            "outside.mp4",
            "../project/history.sqlite",
            str(served.clip),
            "/etc/passwd",
            "",
            ".",
            "clips",
        ):
            answer = served.ask("doctor", params={"path": path})
            assert answer.status_code == 404, path
            assert str(tmp_path) not in answer.text
    finally:
        link.unlink()
    good = served.get("doctor", path=str(served.clip.relative_to(served.project)))
    assert good["ok"] is False, "its clip is shorter than a reference may be"
    assert str(served.project) not in json.dumps(good)


# --- histories ----------------------------------------------------------------------------------------


def test_only_the_users_own_and_listed_histories_are_read(served: Served, tmp_path: Path) -> None:
    (served.project / "cometact_nb.toml").write_text('history = "projects.sqlite"\n')
    labels = {one["label"]: one for one in served.get("status")["histories"]}
    assert set(labels) == {"default", "other"}
    assert labels["default"]["there"] is True
    assert labels["other"]["there"] is False
    assert not (served.project.parent / "other.sqlite").exists(), "looking makes no file"
    assert not (served.project / "projects.sqlite").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_history_is_not_read(served: Served) -> None:
    other = served.project.parent / "other.sqlite"
    shutil.copy(served.history, other)
    os.chown(other, 12345, 12345)
    try:
        (status,) = [one for one in served.get("status")["histories"] if one["label"] == "other"]
        assert status["problem"] == "It belongs to another user."
        assert served.ask("tasks").status_code == 503
    finally:
        other.unlink()


def test_a_file_that_is_no_history_is_said_so(served: Served) -> None:
    other = served.project.parent / "other.sqlite"
    other.write_bytes(b"no database at all, and long enough to be read as one" * 50)
    try:
        answer = served.ask("tasks")
        assert answer.status_code == 503
        assert "other" in answer.json()["message"]
    finally:
        other.unlink()
    assert served.ask("tasks").status_code == 200, "once it is gone, the others answer again"


def test_pages_follow_each_other_without_a_gap(served: Served) -> None:
    first = served.get("tasks", limit=1)
    second = served.get("tasks", limit=1, before=first["next"])
    keys = [page["tasks"][0]["key"] for page in (first, second)]
    assert keys == [row["key"] for row in served.get("tasks")["tasks"]]
    assert second["next"] is None


def test_filters_are_those_of_the_history(served: Served) -> None:
    assert [row["knobs"] for row in served.get("tasks", text="s", status="SUCCEEDED")["tasks"]]
    assert served.get("tasks", status="failed")["tasks"] == []
    assert served.get("tasks", since="2100-01-01")["tasks"] == []


def test_a_sweep_is_as_its_live_view_has_it(served: Served) -> None:
    (sweep,) = served.get("sweeps")["sweeps"]
    details = served.get(f"sweeps/{sweep['key']}")
    assert details["cells"] == ["d", "d"]
    assert details["head"]["state"] == "FINISHED"
    assert details["tasks"][0] == served.key
    assert served.ask(details["clips"][0]).content == served.clip.read_bytes()
    assert details["line"] == "act.sweep_by_name('s', resume=False)"


def test_a_gallery_is_as_its_live_view_has_it_with_what_was_rated(served: Served) -> None:
    (sweep,) = served.get("sweeps")["sweeps"]
    gallery = served.get(f"galleries/{sweep['key']}")
    (axis,) = gallery["axes"]
    assert (axis["name"], axis["values"]) == ("seed", ["1", "2"])
    assert (gallery["choice"]["rows"], gallery["choice"]["size"]) == ("", "fit"), "one axis flows"
    assert [cell["place"] for cell in gallery["cells"]] == [[0], [1]]
    assert [cell["status"] for cell in gallery["cells"]] == ["SUCCEEDED"] * 2
    assert [cell["ratings"][0]["stars"] for cell in gallery["cells"] if cell["ratings"]] == [4]
    assert served.ask(gallery["clips"][0]).content == served.clip.read_bytes()
    assert gallery["line"] == "act.sweep_by_name('s', resume=False).gallery()"


def test_a_gallery_says_which_clip_is_not_there(clip_row: Served) -> None:
    aside = clip_row.clip.with_suffix(".aside")
    (sweep,) = clip_row.get("sweeps")["sweeps"]
    clip_row.clip.rename(aside)
    try:
        gallery = clip_row.get(f"galleries/{sweep['key']}")
    finally:
        aside.rename(clip_row.clip)
    gone, there = gallery["cells"]
    assert (gone["clip"], gone["over"], gallery["clips"][0]) == (None, True, None)
    assert gone["text"]
    assert there["clip"]["width"] == 1280
