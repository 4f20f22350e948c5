"""What an inspection found, and the key of the session that inspects."""

from __future__ import annotations

from cometact_nb.domain.inspection.facts import Inspection

KEY = "sk-canary-of-the-inspection"


def errors(found: Inspection) -> list[str]:
    return [str(finding) for finding in found.findings if finding.severity == "error"]


def only_error(found: Inspection) -> str:
    assert found.ok is False
    assert len(errors(found)) == 1, errors(found)
    return errors(found)[0]
