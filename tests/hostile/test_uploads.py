"""Hostile bodies against the real endpoints."""

from __future__ import annotations

import pytest

from tests.hostile.uploads import attempts, refused, send_sound, targets

pytestmark = pytest.mark.django_db


def test_every_hostile_body_is_refused_and_nothing_is_written() -> None:
    aims = targets()
    taken = {
        f"{target.name}: {name}": wrong
        for target in aims
        for name, body in attempts(target)
        if (wrong := refused(target, body))
    }
    assert taken == {}
    # The same requests without their hostile part are taken.
    assert [send_sound(target) for target in aims if target.takes_files] == [200, 201]
