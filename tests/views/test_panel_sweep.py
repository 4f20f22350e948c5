"""The panel in sweep mode: what its form means, and what it buys from a real sandbox, once and after a yes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from messages import receive
from present import present
from waiting import until

from cometact_nb.domain.sweep.grid import specify
from cometact_nb.errors import ActTwoError, ApprovalNeeded, ConfigError, RequestError, SweepPaused
from cometact_nb.handles.session import Session
from cometact_nb.views.panel import inspections as panel_looks
from cometact_nb.views.panel import record as panel_record
from cometact_nb.views.panel.form import EMPTY, normal
from cometact_nb.views.panel.load import values_of
from cometact_nb.views.panel.panel import Panel
from cometact_nb.views.panel.sweep_form import fields_of

if TYPE_CHECKING:
    from services import SandboxProcess

HERO, ROBOT, TALK = "https://a.example/hero.png", "https://a.example/robot.png", "https://a.example/talk.mp4"


@pytest.fixture
def panel(session: Session, sandbox: SandboxProcess) -> Panel:
    fields = {"character": sandbox.character, "reference": sandbox.reference, "expression_intensity": [1, 5]}
    return Panel(session, fields)


def shown(panel: Panel) -> dict[str, Any]:
    """What the page is told when nothing is under way."""
    until(lambda: panel.controller.is_idle)
    for _ in range(2):  # what a message has done asks for a drawing, which stands behind it
        assert panel.session.flush(10)
    return panel.controller.form.shown


def click(panel: Panel, **content: Any) -> None:
    told = panel.controller.form.shown
    message = {"type": "submit", "token": told["token"], "target": told["target"], "values": panel.values}
    message["cost"] = told["sweep"]["cost"] if told["sweep"] else 0
    receive(panel.controller.form, {"number": 1, **message, **content})


def inputs(panel: Panel) -> dict[str, str]:
    return {name: panel.values[name] for name in ("character", "reference")}


def axes(**given: Any) -> dict[str, Any]:
    form = {"character": HERO, "reference": TALK, "seed": "", **given}
    return normal({**EMPTY, "sweep": True, "axes": form, "replicates": given.get("replicates", 1)})


# --- what the form means -------------------------------------------------------------------------------------


def test_lines_lists_and_chips_become_the_arguments_of_a_sweep() -> None:
    fields, problems = fields_of(
        axes(character=f"{HERO}\n\n  {ROBOT}\n", seed="1,2,5:8", ratio=["960:960", None], body_control=[None])
    )
    assert not problems
    assert [ref.uri for ref in fields["character"]] == [HERO, ROBOT]
    assert fields["seed"] == [1, 2, 5, 6, 7, 8]
    assert fields["ratio"] == ["960:960", None]
    assert "body_control" not in fields


@pytest.mark.parametrize(
    "thing",
    [
        {"character": [HERO, ROBOT], "reference": TALK, "seed": [1, 2, 3], "body_control": [True, None]},
        {"character": HERO, "reference": TALK, "seed": range(7), "replicates": 3},
        f"%act_two -c {HERO} -c {ROBOT} -r {TALK} -e 1,3 --seed 1:4",
        f"sweep = act.sweep(character='{HERO}', reference='{TALK}', seed=range(3), name='mine')",
        [{"character": HERO, "reference": TALK, "seed": seed} for seed in (4, 5)],
    ],
)
def test_whatever_has_several_values_fills_the_form_as_a_sweep(
    thing: str | list[dict[str, str | int]] | dict[str, Any],
) -> None:
    values = values_of(thing)
    assert values["sweep"]
    fields, problems = fields_of(values)
    assert not problems
    rest = {name: value for name, value in fields.items() if name not in {"replicates", "allow_unlisted"}}
    again = specify(rest, replicates=fields["replicates"])
    assert values_of(again) == values


def test_rows_that_are_no_grid_are_refused_by_name() -> None:
    rows = [
        {"character": HERO, "reference": TALK, "seed": seed, "ratio": r} for seed, r in ((1, "a"), (2, "b"))
    ]
    with pytest.raises(RequestError, match="2 requests that are not every combination"):
        values_of(rows)


def test_types_that_no_name_tells_are_taken_from_what_was_seen() -> None:
    untold = "https://a.example/get?id=7"
    fields, _ = fields_of(axes(character=f"{HERO}\n{untold}"), kinds={untold: "video"})
    assert [ref.type for ref in fields["character"]] == ["image", "video"]
    fields, _ = fields_of({**axes(character=untold), "character_type": "image"})
    assert fields["character"].type == "image"


# --- what it says --------------------------------------------------------------------------------------------


def test_it_tells_how_many_requests_there_are_and_what_they_cost(panel: Panel, session: Session) -> None:
    session.configure(price=0.4)
    panel.load({**inputs(panel), "expression_intensity": [1, 5], "seed": [1, 2, 3]})
    told = shown(panel)["sweep"]
    assert (told["count"], told["buy"], told["total"]) == (6, 6, "about $2.40")
    assert "6 × $0.40" in told["price"]
    assert "asked once more" in told["ask"]
    assert panel.plan.cost_usd == pytest.approx(2.4)
    assert "--expression-intensity 1,5 --seed 1:3" in panel.controller.form.shown["code"]["Magic"]
    assert panel.controller.form.shown["code"]["curl"].count("curl -X POST") == 6


def test_everything_that_is_wrong_is_said_at_once_and_by_its_value(panel: Panel) -> None:
    panel.controller.form.values = {
        **panel.values,
        "axes": {
            **panel.values["axes"],
            "seed": "1,,2",
            "expression_intensity": [1, 9],
            "character": f"{HERO}\nhero",
        },
        "replicates": 0,
    }
    told = {finding.field for finding in panel.findings}
    assert told == {"seed", "expression_intensity", "character", "replicates"}
    notes = shown(panel)["findings"]
    assert "“9”" in notes["expression_intensity"][0]["text"]
    assert "“hero”" in notes["character"][0]["text"]
    assert not panel.controller.form.shown["valid"]
    with pytest.raises(RequestError):
        panel.submit()
    with pytest.raises(RequestError):
        _ = panel.plan


def test_what_would_waste_money_is_a_warning(panel: Panel) -> None:
    panel.load({**inputs(panel), "character": "https://a.example/h.mp4", "body_control": [True, False]})
    assert any("body_control alone" in str(finding) for finding in panel.findings)
    assert shown(panel)["valid"]


def test_one_bad_input_of_several_is_named(
    panel: Panel, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_looks, "AFTER_S", 0.0)
    bad = f"{sandbox.base_url}/nowhere.png"
    panel.load({"character": [sandbox.character, bad], "reference": sandbox.reference})
    until(lambda: "“nowhere.png”" in str(shown(panel)["findings"]))
    assert "character" in panel.controller.form.shown["findings"]
    with pytest.raises(RequestError):
        panel.submit()


def test_a_sweep_of_one_is_a_request_and_a_sweep_of_two_is_none(panel: Panel) -> None:
    with pytest.raises(RequestError, match="a sweep of 2 requests"):
        _ = panel.request
    panel.load({**inputs(panel), "seed": [7]})
    assert panel.request.seed == 7
    panel.load(panel.request)
    with pytest.raises(ConfigError, match="holds one request"):
        _ = panel.plan


# --- what it buys --------------------------------------------------------------------------------------------


def test_a_click_buys_each_cell_once_and_a_second_one_nothing(panel: Panel, sandbox: SandboxProcess) -> None:
    click(panel)
    assert shown(panel)["said"]["kind"] == "done"
    assert present(panel.sweep).wait().counts == {"SUCCEEDED": 2}
    assert (panel.sweeps, panel.tasks) == ((panel.sweep,), ())
    until(lambda: shown(panel)["sweep"]["buy"] == 0)
    click(panel)
    assert "nothing was sent" in shown(panel)["said"]["text"]
    assert panel.submit() is panel.sweep
    assert len(panel.sweeps) == 1
    assert sandbox.posts() == 2
    panel.load(panel.sweep.cells[1])
    assert panel.request.expression_intensity == 5
    panel.load(panel.session.sweeps()[0])  # as the history has it
    assert panel.values["sweep"]
    assert panel.submit() is panel.sweep
    assert sandbox.posts() == 2


def test_above_the_limit_nothing_is_sent_before_a_yes_to_the_named_price(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=2.0)
    click(panel)
    offer = shown(panel)["offer"]
    assert "2 requests cost about $4.00" in offer["text"]
    assert "$4.00" in offer["button"]
    assert (panel.sweep, sandbox.posts()) == (None, 0)
    token = panel.controller.form.shown["token"]
    threads = [threading.Thread(target=click, args=(panel,), kwargs={"agreed": True, "token": token})
               for _ in range(10)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: panel.sweep is not None)
    present(panel.sweep).wait()
    assert sandbox.posts() == 2
    assert shown(panel)["offer"] is None


def test_a_yes_is_good_for_the_sweep_it_was_given_for_and_for_nothing_else(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=2.0)
    click(panel, agreed=True)  # nobody was asked yet
    assert shown(panel)["offer"]
    more = {**panel.values, "axes": {**panel.values["axes"], "seed": "1,2"}}
    click(panel, agreed=True, values=more)  # the yes was for two
    assert "4 requests cost about $8.00" in shown(panel)["offer"]["text"]
    receive(panel.controller.form, {"number": 1, "type": "decline"})
    assert shown(panel)["offer"] is None
    click(panel, agreed=True)
    assert shown(panel)["offer"]
    panel.controller.form.values = {**panel.values, "seed_locked": False}
    assert shown(panel)["offer"] is None  # the form was edited
    assert sandbox.posts() == 0


def test_a_click_on_a_sweep_that_the_page_had_not_priced_is_asked_about(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=0.1)
    panel.load({**inputs(panel), "expression_intensity": [1, 5]})  # so that the page hears of the price
    assert shown(panel)["sweep"]["cost"] == pytest.approx(0.2)
    more = {**panel.values, "axes": {**panel.values["axes"], "seed": "1:4"}}
    click(panel, values=more)  # typed, and clicked before the kernel had counted
    offer = shown(panel)["offer"]
    assert "8 requests cost about $0.80" in offer["text"]
    assert "The page had not named this price yet. Nothing was sent yet." in offer["text"]
    assert sandbox.posts() == 0
    click(panel, values=more, agreed=True)
    until(lambda: panel.sweep is not None)
    present(panel.sweep).wait(60)
    assert sandbox.posts() == 8


def test_a_price_that_went_up_since_the_page_was_drawn_is_asked_about(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=0.1)
    panel.load({**inputs(panel), "expression_intensity": [1, 5]})
    shown(panel)
    session.configure(price=0.5)  # in another cell
    click(panel)
    assert "2 requests cost about $1.00" in shown(panel)["offer"]["text"]
    assert sandbox.posts() == 0


def test_a_yes_is_not_taken_over_to_another_service(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=2.0)
    click(panel)
    assert shown(panel)["offer"]
    session.configure(base_url="https://api.example.com", api_key="sk-canary-3")
    click(panel, agreed=True, target="https://api.example.com")
    assert shown(panel)["said"]["kind"] == "error"
    assert panel.sweep is None


def test_the_price_of_now_and_the_sum_of_the_sweep_are_both_named(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=0.8)
    panel.load({**inputs(panel), "seed": [1, 2]})
    assert shown(panel)["sweep"]["ask"] == ""
    click(panel)
    until(lambda: panel.sweep is not None)
    present(panel.sweep).wait(60)
    panel.load({**inputs(panel), "seed": [1, 2, 3]})  # another sweep, of which two cells are there
    until(lambda: shown(panel)["sweep"]["buy"] == 1)
    told = shown(panel)["sweep"]
    assert told["cost"] == pytest.approx(0.8)
    assert (
        told["ask"] == "More than $2.00, with $1.60 that went without a yes so far: you are asked once more."
    )
    click(panel)
    text = shown(panel)["offer"]["text"]
    assert "1 request costs about $0.80" in text
    assert "$1.60 of it went without one so far" in text
    assert sandbox.posts() == 2


def test_what_a_sweep_has_cost_already_is_named_beside_what_is_left_of_it(
    panel: Panel, sandbox: SandboxProcess, session: Session
) -> None:
    session.configure(price=0.8)
    sweep = session.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2, 3])
    sweep.run(max_cost=1.6, yes=True)  # two of three
    with pytest.raises(SweepPaused):
        sweep.wait(60)
    panel.load({"character": sandbox.character, "reference": sandbox.reference, "seed": [1, 2, 3]})
    until(lambda: shown(panel)["sweep"]["buy"] == 1)
    assert "With $1.60 spent so far, the sweep comes to $2.40 in all" in shown(panel)["sweep"]["price"]


def test_python_needs_the_same_yes(panel: Panel, sandbox: SandboxProcess, session: Session) -> None:
    session.configure(price=2.0)
    with pytest.raises(ApprovalNeeded, match=r"\$4.00"):
        panel.submit()
    assert shown(panel)["offer"]
    assert sandbox.posts() == 0
    panel.submit(yes=True).wait()
    assert sandbox.posts() == 2


def test_what_may_have_been_bought_is_not_bought_again_by_a_sweep(
    panel: Panel, sandbox: SandboxProcess
) -> None:
    lost = {"character": sandbox.playing("lost-answer"), "reference": sandbox.reference}
    with pytest.raises(ActTwoError):
        panel.load({**lost, "seed": 1}).submit()
    with pytest.raises(ActTwoError, match="nothing was sent again"):
        panel.load({**lost, "seed": [1, 2]}).submit()
    assert sandbox.posts() == 1
    assert panel.sweeps == ()


def test_the_record_has_the_sweep_and_the_line_that_makes_it_again(panel: Panel) -> None:
    panel.submit().wait()
    bundle = panel_record.record(panel.session, panel.last, panel.submitted)
    for kind in bundle.values():
        assert "--expression-intensity 1,5" in kind
    assert "The last sweep" in bundle["text/html"]
    assert "1 · subtle, 5 · exaggerated" in bundle["text/html"]
