"""The README promises only what a test holds: each row of its tables, and each of its claims, with its tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")

#: By the beginning of a row or a claim, the tests that hold it.
HELD = {
    # what it is
    "**One line submits": ["browser/test_main_job.py::test_the_magic_leads_to_a_video_that_survives_reload_restart_and_a_move"],
    "**Nothing is paid twice": [
        "contract/test_outcomes.py::test_each_fault_costs_at_most_one_task_and_ends_as_written",
        "contract/test_kills.py::test_a_kernel_may_die_at_any_instant",
    ],
    "**Nothing is lost": [
        "contract/test_tasks.py::test_a_task_is_found_again_by_a_new_kernel",
        "contract/test_kills.py::test_a_kernel_may_die_while_it_resumes_a_download",
    ],
    "**In JupyterLab": [
        "browser/test_lab_sidebar.py::test_the_sidebar_lists_searches_and_is_used_by_keyboard",
        "browser/test_lab_sidebar.py::test_lines_are_inserted_and_dragged_and_not_run",
    ],
    # you want … you write
    "the request as JSON": [
        "views/test_preview.py::test_a_dry_run_says_that_nothing_was_sent_and_what_it_would_cost",
        "views/test_panel_form.py::test_every_form_of_code_comes_back_as_the_same_request",
    ],
    "what a knob does": [
        "ipython/test_sweep.py::test_several_values_on_a_line_make_a_sweep_that_is_shown_and_returned",
        "ipython/test_sweep.py::test_a_line_that_costs_too_much_or_is_wrong_is_one_message_and_sends_nothing",
        "contract/test_sweeps.py::test_two_kernels_that_run_the_same_sweep_buy_each_cell_once",
    ],
    "a form instead of code": [
        "browser/test_panel.py::test_a_sweep_is_filled_in_priced_agreed_to_and_bought_once",
        "views/test_panel_sweep.py::test_whatever_has_several_values_fills_the_form_as_a_sweep",
    ],
    "your own files as inputs": [
        "contract/test_own_files.py::test_paths_are_inputs_that_are_public_before_the_request_is_paid_for",
        "contract/test_own_files.py::test_a_sweep_whose_files_are_published_elsewhere_tomorrow_buys_nothing_again",
        "contract/test_own_files.py::test_a_path_in_the_sandbox_goes_to_the_sandbox_and_nobody_is_asked",
    ],
    "to know what is public": ["contract/test_publish.py::test_what_is_public_is_listed_and_taken_back"],
    "to know whether an input will be taken": [
        "contract/test_inspect.py::test_a_good_clip_is_ok_and_its_facts_are_read_from_its_headers",
        "contract/test_command.py::test_every_command_has_help_that_names_its_exit_codes",
    ],
    "to make an input of a photo": [
        "contract/test_prepare_clips.py::test_each_kind_of_clip_becomes_one_that_the_vendor_takes",
        "contract/test_prepare_pictures.py::test_each_kind_of_picture_becomes_one_that_the_vendor_takes",
        "contract/test_prepare.py::test_the_command_prints_the_result_and_the_changes",
        "ipython/test_prepare.py::test_a_line_makes_an_input_and_shows_what_changed",
    ],
    "to start from the vendor's curl": ["unit/test_forms.py::test_a_pasted_curl_command_gives_its_body_only"],
    "to stop a task": [
        "browser/test_main_job.py::test_cancel_is_asked_twice_and_then_ends_the_task",
        "contract/test_tasks.py::test_a_cancel_ends_the_task",
    ],
    "a task from yesterday": [
        "ipython/test_history.py::test_a_task_is_shown_by_the_beginning_of_its_id",
        "contract/test_tasks.py::test_a_task_is_found_again_by_a_new_kernel",
    ],
    "clips that came while no kernel ran": [
        "browser/test_lab_extension.py::test_a_card_that_was_saved_while_its_task_ran_is_finished_and_plays"
    ],
    "everything you ever made": ["browser/test_history.py::test_a_history_is_filtered_acted_on_and_kept"],
    "links that lead to clips again": [
        "contract/test_relink.py::test_a_moved_notebook_finds_its_clip_by_the_history_and_nothing_else_is_changed"
    ],
    "to go on after a restart": [
        "contract/test_lasting_sandbox.py::test_a_sweep_whose_kernel_is_killed_goes_on_in_the_next_one_as_the_readme_says",
        "ipython/test_history.py::test_everything_is_taken_up_in_a_line_and_a_task_is_cancelled_by_its_id",
        "contract/test_command.py::test_resume_fetches_what_is_done_and_its_exit_code_says_that_something_runs",
    ],
    "what it has cost": [
        "unit/test_spending.py::test_each_purchase_keeps_the_price_and_the_source_it_was_bought_at",
        "unit/test_spending.py::test_a_refusal_costs_nothing_and_a_doubt_stands_apart_until_it_is_settled",
    ],
    "a clip's request": ["unit/test_archive.py::test_a_clip_is_loaded_with_its_request_and_provenance"],
    "to know that no clip was lost": ["unit/test_archive.py::test_every_kind_of_damage_is_named_with_its_cure"],
    "clips in a folder of your own": [
        "contract/test_remote_storage.py::test_a_clip_ends_at_the_store_with_its_sidecar_and_poster_and_its_copy_is_a_file",
        "unit/test_project.py::test_a_project_s_file_is_found_from_a_notebook_s_folder_upwards",
    ],
    "to settle a request": [
        "contract/test_tasks.py::test_an_unconfirmed_task_can_be_forgotten_and_only_then_nothing_is_left_to_settle",
        "contract/test_tasks.py::test_a_resubmit_is_a_new_task_that_pays_again",
    ],
    "help where you are": [
        "ipython/test_help.py::test_tab_completes_public_names_fields_and_topics",
        "docs/test_pages.py::test_a_page_of_the_guide_reads_well_in_a_notebook",
    ],
    "to rehearse a failure": [
        "sandbox/test_scenarios.py::test_every_scenario_of_the_table_is_tested_here",
        "contract/test_outcomes.py::test_the_documentation_names_every_scenario",
    ],
    "to settle what the live service does": [
        "contract/test_verify_live.py::test_each_paid_request_is_agreed_to_apart_by_typing_its_price",
        "contract/test_verify_live.py::test_report_and_samples_hold_no_key_no_signed_link_and_no_address_of_the_inputs",
    ],
    "notebooks without a person": [
        "notebooks/test_headless.py::test_papermill_s_parameters_drive_a_sweep_that_waits_for_its_clips"
    ],
    # what to know before money is spent
    "**Never run against the live service": [
        "contract/test_verify_live.py::test_the_sandbox_conforms_in_every_known_shape"
    ],
    "Prices are configuration": ["views/test_preview.py::test_a_dry_run_says_that_nothing_was_sent_and_what_it_would_cost"],
    "Cancelling is Runway's route": ["contract/test_tasks.py::test_a_cancel_the_service_does_not_know_is_said"],
    "A moderated generation": ["contract/test_outcomes.py::test_each_fault_costs_at_most_one_task_and_ends_as_written"],
    "CometAPI documents `https://`": [
        "browser/test_panel_inputs.py::test_a_local_file_is_sent_only_when_that_is_ticked",
        "views/test_panel_form.py::test_a_file_is_sent_inline_only_when_that_was_asked_for",
        "contract/test_own_files.py::test_without_a_place_a_small_file_goes_inside_the_request_if_that_is_allowed",
        "contract/test_own_files.py::test_without_a_place_paths_are_one_error_that_names_the_guide",
    ],
    # beside the vendor's SDK
    "the answer to a paid request is lost": [
        "contract/test_outcomes.py::test_the_vendor_s_own_sdk_pays_several_times_for_one_lost_answer"
    ],
    "a gateway answers 504": ["contract/test_outcomes.py::test_each_fault_costs_at_most_one_task_and_ends_as_written"],
    "the task is cancelled elsewhere": [
        "contract/test_outcomes.py::test_each_fault_costs_at_most_one_task_and_ends_as_written"
    ],
    "requests until a task": ["unit/test_benchmarks.py::test_the_benchmarks_run_in_tiny_sizes_and_write_their_tables"],
    "import": ["unit/test_import.py::test_importing_the_package_imports_nothing_heavy"],
    "a grid of requests": [
        "contract/test_sweep_stops.py::test_a_sweep_whose_kernel_was_killed_in_the_middle_is_finished_by_the_next_and_bought_once"
    ],
    "clips on disk": ["contract/test_archive.py::test_a_bought_clip_leads_back_to_its_request_and_is_missed_when_it_is_gone"],
}  # fmt: skip


def promises() -> list[str]:
    """The claims of the first screen and of "What to know", and the rows of the two tables in between."""
    text = README.partition("\n## Documentation")[0]
    rows = [
        row
        for row in re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
        if not row.startswith(("you want", "|"))
    ]
    first = README.partition("![A finished")[0]
    known = re.search(r"## What to know before money is spent\n(.*?)\n## ", README, re.DOTALL)
    assert known is not None
    claims = re.findall(r"^- (.+)$", first, re.MULTILINE) + re.findall(r"^- (.+)$", known[1], re.MULTILINE)
    return [*claims, *(row for row in rows if row.strip())]


@cache
def defined_in(name: str) -> set[str]:
    """The tests of a file."""
    tree = ast.parse((ROOT / "tests" / name).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


@pytest.mark.parametrize("promise", promises(), ids=lambda text: text[:40])
def test_each_promise_of_the_readme_is_held_by_a_test(promise: str) -> None:
    found = [tests for begins, tests in HELD.items() if promise.startswith(begins)]
    assert found, f"no test is named for: {promise}"
    for test in found[0]:
        file, _, name = test.partition("::")
        assert name in defined_in(file), f"{test} is gone, and holds: {promise}"


def test_no_test_is_named_for_what_the_readme_does_not_promise() -> None:
    assert [begins for begins in HELD if not any(promise.startswith(begins) for promise in promises())] == []
