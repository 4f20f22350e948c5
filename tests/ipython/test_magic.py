"""``%act_two`` in a real kernel, over the wire that every front end uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from kernels import Kernel, Page, running

if TYPE_CHECKING:
    from services import SandboxProcess

CANARY = "sk-canary-7d1f"
SETUP = """
%load_ext cometact_nb
import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
hero, clip = sandbox.character, sandbox.reference
"""


@pytest.fixture(scope="module")
def kernel(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    with running(folder) as client:
        made = Kernel(client)
        assert made.run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
        yield made


#: The next test's sandbox has empty books. A task that it no longer knows would come into doubt, and a request like
#: it would not be sent.
END_ALL = """
import contextlib as _contextlib
for _each in act.session().tasks():
    with _contextlib.suppress(act.errors.ActTwoError):
        if not _each.status.is_terminal:
            _each.cancel().wait(60)
"""


@pytest.fixture
def sandbox(kernel: Kernel, sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """The shared sandbox with empty books; no task outlives its test."""
    yield sandbox
    assert kernel.run(END_ALL)["status"] == "ok"


def _htmls(told: dict[str, Any]) -> list[str]:
    return [out["data"]["text/html"] for out in told["outputs"] if "text/html" in out.get("data", {})]


def test_a_line_submits_shows_and_returns_the_task(kernel: Kernel, sandbox: SandboxProcess) -> None:
    told = kernel.run("task = %act_two -c $hero -r $clip -e 4 --seed 7 -b")
    assert told["status"] == "ok"
    assert any("application/vnd.jupyter.widget-view+json" in out.get("data", {}) for out in told["outputs"])
    assert kernel.value("[task.status, task.request.params]")[1] == {
        "body_control": True,
        "expression_intensity": 4,
        "seed": 7,
    }
    assert kernel.run("task.wait()")["status"] == "ok"
    assert sandbox.posts() == 1


def test_a_card_gets_its_structure_and_its_facts_in_one_message(
    kernel: Kernel, sandbox: SandboxProcess
) -> None:
    page = Page(kernel.client)
    page.run("told = %act_two -c {hero}?scenario=never-ends -r $clip -e 2")  # so that it is live at first
    page.run("told.cancel()")
    page.until(lambda: any(out["kind"] == "update_display_data" for out in page.outputs))

    def structures() -> list[dict[str, Any]]:
        states = [json.loads(content).get("data", {}).get("state", {}) for content in page.everything]
        return [state for state in states if "html" in state]

    page.until(lambda: any(state["live"].get("label") == "CANCELLED" for state in structures()))
    assert len(structures()) > 1
    assert all("live" in state for state in structures())  # else a new structure says RUNNING beside "ended"


def test_a_line_at_the_end_of_a_cell_shows_one_card_only(kernel: Kernel, sandbox: SandboxProcess) -> None:
    told = kernel.run("%act_two -c $hero -r $clip")
    assert sum("RUNNING" in out or "PENDING" in out or "SUCCEEDED" in out for out in _htmls(told)) == 1


def test_wait_returns_with_the_clip_and_quiet_shows_nothing(kernel: Kernel, sandbox: SandboxProcess) -> None:
    told = kernel.run("%act_two -c $hero -r $clip --wait --quiet -o quiet_task")
    assert told["outputs"] == []
    assert kernel.value("str(quiet_task.clip.path)").endswith(".mp4")


def test_a_function_s_own_names_come_before_global_ones(kernel: Kernel, sandbox: SandboxProcess) -> None:
    told = kernel.run(
        "def submit(hero, number):\n"
        "    for seed in range(2):\n"
        "        task = %act_two -c {hero + '?local'} -r $clip --seed {seed + number} -q\n"
        "        made.append(task)\n"
        "made = []\n"
        "submit(sandbox.characters[1], 5)"
    )
    assert told["status"] == "ok"
    assert kernel.value("[task.request.seed for task in made]") == [5, 6]
    assert kernel.value("made[0].request.character.uri == sandbox.characters[1] + '?local'")
    kernel.run("for task in made: task.wait()")


def test_the_shell_can_be_asked_to_run_it(kernel: Kernel, sandbox: SandboxProcess) -> None:
    told = kernel.run("asked = get_ipython().run_line_magic('act_two', '-c $hero -r $clip -q')")
    assert told["status"] == "ok"
    assert kernel.value("asked.wait().clip.path.exists()")


def test_a_semicolon_at_the_end_is_no_part_of_the_url(kernel: Kernel, sandbox: SandboxProcess) -> None:
    assert kernel.run("%act_two -q -o ended -c $hero -r $clip;")["status"] == "ok"
    assert kernel.value("ended.request.reference.uri == clip")


def test_what_may_have_been_paid_for_is_in_sight_and_in_hand(kernel: Kernel, sandbox: SandboxProcess) -> None:
    told = kernel.run("%act_two -c {hero}?scenario=lost-answer -r $clip -o unsure")
    assert told["status"] == "ok"
    live, card = _htmls(told)
    assert "live only while its kernel runs" in live
    assert card.count("Look in your CometAPI log") == 1
    assert kernel.value("unsure.status") == "UNCONFIRMED"
    assert sandbox.posts() == 1
    kernel.run("unsure.forget()")


def test_a_variable_is_bound_to_the_task_also_when_its_answer_was_lost(
    kernel: Kernel, sandbox: SandboxProcess
) -> None:
    told = kernel.run("x = %act_two -c {hero}?scenario=lost-answer -r $clip")
    assert told["status"] == "ok"
    assert kernel.value("x.status") == "UNCONFIRMED"
    waited = kernel.run("x.wait()")  # so that "Run All" does not go on as if it had a clip
    assert (waited["status"], waited["outputs"][-1]["ename"]) == ("error", "UnconfirmedError")
    quiet = kernel.run("y = %act_two -q -c {hero}?scenario=lost-answer -r $clip --seed 2")
    assert any("UnconfirmedError" in out.get("text", "") for out in quiet["outputs"])
    told = kernel.run("%act_two --wait -o z -c {hero}?scenario=lost-answer -r $clip --seed 3")
    assert told["status"] == "error"
    assert kernel.value("z.status") == "UNCONFIRMED"
    assert sandbox.posts() == 3
    kernel.run("[each.forget() for each in (x, y, z)]")


@pytest.mark.parametrize("cell", ["x = %act_two {}", "%act_two -o x {}", '%%act_two -o x {}\n{{"seed": 4}}'])
def test_a_cell_that_is_run_again_sends_nothing_beside_its_request_in_doubt_and_says_so(
    kernel: Kernel, sandbox: SandboxProcess, cell: str
) -> None:
    line = cell.format("-c {hero}?scenario=lost-answer -r $clip")
    kernel.run(line)
    kernel.run("first = x; del x")
    told = kernel.run(line)
    assert told["status"] == "ok"
    assert kernel.value("x is first")
    said = "".join(out.get("text", "") for out in told["outputs"])
    assert "Nothing was sent" in said
    assert "t.resubmit() sends it again and may pay twice" in said
    assert any("text/html" in out.get("data", {}) for out in told["outputs"])  # the card, with its buttons
    waited = kernel.run(line.replace("%act_two", "%act_two --wait"))
    assert (waited["status"], waited["outputs"][-1]["ename"]) == ("error", "UnconfirmedError")
    assert sandbox.posts() == 1
    kernel.run("first.forget()")


def test_what_cannot_be_shown_is_sent_all_the_same_and_does_not_look_as_if_it_had_failed(
    kernel: Kernel, sandbox: SandboxProcess
) -> None:
    kernel.run(
        "pub = get_ipython().display_pub\nkept = pub.publish\n"
        "def broken(*args, **named):\n    raise OSError('no front end')\n"
        "pub.publish = broken"
    )
    told = kernel.run("%act_two -c $hero -r $clip -o unseen")
    kernel.run("pub.publish = kept")
    assert told["status"] == "ok"
    assert "Sent, but it could not be shown here" in told["text"]
    assert kernel.value("unseen.wait().clip is not None")
    assert sandbox.posts() == 1


def test_a_failure_in_a_run_that_always_waits_is_shown_too(kernel: Kernel, sandbox: SandboxProcess) -> None:
    kernel.run("act.configure(wait=True)")
    told = kernel.run("%act_two -c {hero}?scenario=safety-input -r $clip -o failed")
    kernel.run("act.configure(wait=False)")
    assert (told["status"], told["outputs"][-1]["ename"]) == ("error", "TaskFailed")
    assert any("text/html" in out.get("data", {}) for out in told["outputs"])
    assert kernel.value("failed.status") == "FAILED"


def test_waiting_too_long_and_a_failure_are_short_errors(kernel: Kernel, sandbox: SandboxProcess) -> None:
    late = kernel.run("%act_two -c $hero?scenario=slow-task -r $clip --wait --timeout 0.1 -q")
    assert (late["status"], late["outputs"][-1]["ename"]) == ("error", "WaitTimeout")
    failed = kernel.run("%act_two -c {hero}?scenario=safety-input -r $clip --wait -q")
    assert (failed["status"], failed["outputs"][-1]["ename"]) == ("error", "TaskFailed")
    assert len(failed["outputs"][-1]["traceback"]) <= 2


def test_nested_lets_the_notebook_s_own_coroutines_run(kernel: Kernel, sandbox: SandboxProcess) -> None:
    kernel.run(
        "import asyncio\n"
        "async def cancel():\n"
        "    while not (tasks := [t for t in act.session().tasks() if t.request.seed == 4711 and t.id]):\n"
        "        await asyncio.sleep(0.02)\n"
        "    await asyncio.to_thread(tasks[0].cancel)\n"
        "cancelling = asyncio.get_running_loop().create_task(cancel())"
    )
    # It ends by what the coroutine does while the cell waits, and never by itself.
    told = kernel.run("%act_two -c {hero}?scenario=never-ends -r $clip -s 4711 --wait --nested -q")
    assert told["outputs"][-1]["ename"] == "TaskCancelled"


def test_awaiting_a_task_in_a_cell_works(kernel: Kernel, sandbox: SandboxProcess) -> None:
    sent = kernel.run("task = %act_two -c $hero -r $clip -q")
    assert sent["status"] == "ok", sent["text"]
    told = kernel.run("done = await task")
    assert told["status"] == "ok", told["text"]
    assert kernel.value("done is task and done.clip.path.exists()")


def test_a_dry_run_shows_every_form_and_the_price_and_sends_nothing(
    kernel: Kernel, sandbox: SandboxProcess
) -> None:
    told = kernel.run("%act_two -c https://a.example/h.png -r https://a.example/r.mp4 --seed 7 --dry-run")
    text = told["outputs"][-1]["data"]["text/plain"]
    assert told["status"] == "ok"
    for part in ("Nothing was sent", "curl -X POST", "act.ActTwoRequest(", '"seed": 7', "$COMETAPI_KEY"):
        assert part in text
    assert sandbox.posts() == 0


def test_without_a_key_a_dry_run_works_and_a_submission_says_what_to_do(
    kernel: Kernel, shared_sandbox: SandboxProcess
) -> None:
    kernel.run("act.leave_sandbox()")
    line = "%act_two -c https://a.example/h.png -r https://a.example/r.mp4"
    dry, sent = kernel.run(f"{line} -n"), kernel.run(line)
    kernel.run(f"sandbox = act.use_sandbox(75, url={shared_sandbox.base_url!r})")
    assert dry["status"] == "ok"
    assert "Would cost about $0.40" in dry["text"]
    assert (sent["status"], sent["outputs"][-1]["ename"]) == ("error", "ConfigError")
    assert "COMETAPI_KEY" in sent["text"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("-c $hero -r $clip -e 9", "expression_intensity=9 is outside 1–5"),
        ("-c $hero -r $clip -e many", "'many'"),
        ("-c $hero", "reference is missing"),
        ("-c $hero --refrence $clip", "Did you mean --reference?"),
        ("-c $hero --ref $clip", "--ref"),
        ("-c $nothing -r $clip", "$nothing is not defined"),
        ("-c 'open", "not closed"),
        ("sandbx", "Did you mean %act_two sandbox?"),
        ("https://a.example/h.png", "A URL goes after -c or -r"),
        ("-c $hero -r $clip --ratio 16:9", "'1280:720' is the nearest"),
        ("-c $hero -r $clip --timeout soon --wait", "--timeout 'soon'"),
        ("-c $hero -r $clip -o 2x", "no name for a variable"),
        ("-c $hero -r $clip -o class", "no name for a variable"),
        ("-c $hero -r $clip --timeout 5", "add --wait"),
        ("-c $hero -r $clip --nested", "add --wait"),
        ("-c $hero -r $clip -e 9", "(-e/--expression-intensity)"),
        ("-c $hero -r https://a.example/$heroo.mp4 -e 9", "intensity=9"),
        ("-c $hero -r $clip --seed=$nope", "$nope is not defined"),
        ("-c $hero -r $clip -seed 4", "Did you mean --seed?"),
        ("sandbox --speed fast", "--speed 'fast'"),
        ("sandbox --url http://example.com", "base_url"),
    ],
)
def test_a_mistake_is_one_message_and_an_error_status_and_nothing_is_sent(
    kernel: Kernel, sandbox: SandboxProcess, line: str, told: str
) -> None:
    answer = kernel.run(f"%act_two {line}")
    assert answer["status"] == "error"
    assert told in answer["text"]
    assert "Traceback" not in answer["text"]
    assert sandbox.posts() == 0


BODY = """{
  "model": "act_two",
  "character": {"type": "image", "uri": "HERO"},
  "reference": {"type": "video", "uri": "CLIP"},
  "expressionIntensity": 2
}"""
TOML = """
character = {type = "image", uri = "HERO"}
reference = {type = "video", uri = "CLIP"}
expressionIntensity = 2
"""
CURL = f"""curl --request POST 'https://api.cometapi.com/runwayml/v1/character_performance' \\
  --header 'Authorization: Bearer {CANARY}' \\
  --header 'X-Runway-Version: 2024-11-06' --data-raw '{BODY}'
"""


@pytest.mark.parametrize("body", [BODY, TOML, CURL], ids=["json", "toml", "curl"])
def test_a_cell_takes_the_vendor_s_forms_and_the_line_overrides(
    kernel: Kernel, sandbox: SandboxProcess, body: Any
) -> None:
    body = body.replace("HERO", sandbox.character).replace("CLIP", sandbox.reference)
    told = kernel.run(f"%%act_two -o pasted -q --seed 5\n{body}")
    assert told["status"] == "ok"
    assert kernel.value("pasted.request.params") == {"expression_intensity": 2, "seed": 5}
    assert CANARY not in told["text"]
    assert CANARY not in kernel.value(
        "repr([v for k, v in globals().items() if not k.startswith('_') and k not in {'In', 'Out'}])"
    )
    assert CANARY not in json.dumps(sandbox.ledger())


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "curl https://x",
        "not = = toml",
        CURL.replace("2\n", "9\n"),
        CURL[:-20],
        BODY.replace('"expressionIntensity": 2', f'"Authorization": "Bearer {CANARY}"'),
        f'Authorization = "Bearer {CANARY}"',
        f"Authorization: Bearer {CANARY}",
        '{"self": 1, "character": {"type": ["image"], "uri": "data:image/png;base64,A"}}',
        '{"a":' * 5000,
    ],
)
def test_a_body_that_is_wrong_is_not_echoed(kernel: Kernel, sandbox: SandboxProcess, body: Any) -> None:
    told = kernel.run(f"%%act_two\n{body}")
    assert told["status"] == "error"
    assert CANARY not in told["text"]
    assert "Traceback" not in told["text"]
    assert told["outputs"][-1].get("ename", "UsageError") in {"RequestError", "UsageError"}
    assert sandbox.posts() == 0


def test_no_traceback_shows_a_pasted_key(kernel: Kernel, sandbox: SandboxProcess) -> None:
    kernel.run("%xmode Verbose")
    told = kernel.run(f"%%act_two\n{CURL}")  # HERO and CLIP are no addresses
    again = kernel.run("%tb")
    kernel.run("%xmode Context")
    assert "character='HERO'" in told["text"]
    assert CANARY not in told["text"] + again["text"]


def test_loading_twice_adds_nothing_and_unloading_takes_all_away(kernel: Kernel) -> None:
    kernel.run("%load_ext cometact_nb\n%reload_ext cometact_nb")
    assert len(kernel.complete("%act_two --see")) == 1
    kernel.run("%unload_ext cometact_nb")
    assert kernel.run("%act_two --help")["status"] == "error"
    assert kernel.run("%load_ext cometact_nb")["status"] == "ok"


def test_the_sandbox_subcommand_says_where_tasks_go_and_what_to_try(
    kernel: Kernel, shared_sandbox: SandboxProcess
) -> None:
    told = kernel.run(f"%act_two sandbox --speed 75 --url {shared_sandbox.base_url}")
    assert "Nothing is billed" in told["text"]
    assert "%act_two -c http://127.0.0.1" in told["text"]


def test_doctor_says_what_the_vendor_would_refuse(kernel: Kernel, sandbox: SandboxProcess) -> None:
    good = kernel.run("%act_two doctor $hero {clip}")
    assert good["status"] == "ok"
    assert "960" in good["text"]
    bad = kernel.run(f"%act_two doctor {sandbox.base_url}/samples/none.mp4 --role reference")
    assert "404" in bad["text"]
    assert sandbox.posts() == 0
