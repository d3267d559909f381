"""A published release for each test that asks for one.

A path on the command line loads this file before Django is set up, so it imports no model.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.exports.shelves import Shelf


@pytest.fixture
def shelf(db: None, settings: Any, tmp_path: Path) -> Shelf:
    """A published release with two small files."""
    from tests.exports.shelves import filled

    return filled(tmp_path / "releases", settings)
