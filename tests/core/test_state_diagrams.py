"""The page of state diagrams: drawn from the tables, compared in checks."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core import state_diagrams
from core.flow import MACHINES
from work.states import SUBMISSION


def test_the_kept_page_is_up_to_date() -> None:
    call_command("states", "--check")


def test_it_is_written_and_compared(tmp_path: Path) -> None:
    page = tmp_path / "states.md"
    with pytest.raises(CommandError, match="Out of date"):
        call_command("states", "--check", "--to", page)
    out = StringIO()
    call_command("states", "--to", page, stdout=out)
    assert f"{len(MACHINES)} machines" in out.getvalue()
    call_command("states", "--check", "--to", page)
    page.write_text(page.read_text().replace("rejected --> accepted : uphold_dispute", ""))
    with pytest.raises(CommandError, match="uphold_dispute"):
        call_command("states", "--check", "--to", page)


def test_a_section_shows_beginning_arrows_and_ends() -> None:
    drawn = state_diagrams.section(SUBMISSION)
    assert "[*] --> checking" in drawn
    assert "checking --> returned : return" in drawn
    assert "superseded --> [*]" in drawn
    assert "rejected --> [*]" not in drawn
