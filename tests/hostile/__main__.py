"""The long form of the hostile tests: pages in a pane, pages against the robot, bodies against the endpoints.

    python -m tests.hostile [preview] [robot] [bodies]

It needs DATABASE_URL and REDIS_URL of its own (make hostile gives it both), and makes its own database there.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Iterator

import django

django.setup()

from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from checks.browser import Browser
from tests.browser.runtime_site import Sink
from tests.hostile import bounded, robot, uploads
from tests.hostile.table import Row, Table
from tests.hostile.vectors import NOTHING, VECTORS


def _row(vector: str, route: str, expected: str, fault: str) -> Row:
    return Row(vector, route, expected, "" if fault else "as expected", fault)


def in_the_preview() -> Iterator[Row]:
    """Every vector in a pane of the app, then without the walls, where the ears must hear."""
    yield from bounded.everything(VECTORS)


def against_the_robot() -> Iterator[Row]:
    """Every attack on the robot, and every network route, against a sink on loopback."""
    with robot.browsers() as meeting:
        for name, attack in {**robot.SHORT, **robot.LONG}.items():
            fault = robot.judged(meeting(attack), attack)
            yield _row(name, "render check", str(attack.outcome), fault)
    sink = Sink()
    try:
        yield _row("control", "network", "heard", "" if robot.sink_hears(sink) else "the sink hears nothing")
        with Browser.launch(budget_s=robot.HANGS_S) as browser:
            for name, way in {**robot.STAYING, **robot.LEAVING}.items():
                told = robot.heard(browser, {name: way}, sink)
                yield _row(name, "network", NOTHING, f"the sink heard {told}" if told else "")
    finally:
        sink.close()


def at_the_endpoints() -> Iterator[Row]:
    """Every hostile body against every endpoint."""
    aims = uploads.targets()
    for target in aims:
        for name, body in uploads.attempts(target):
            yield _row(name, target.name, "400, nothing written", uploads.refused(target, body))
    for target in aims:
        if target.takes_files:
            status = uploads.send_sound(target)
            yield _row(
                "a sound one", target.name, "taken", "" if status < 300 else f"was refused by {status}"
            )


PARTS = {
    "preview": ("In a pane of the app", in_the_preview),
    "robot": ("Against the robot", against_the_robot),
    "bodies": ("Bodies at the endpoints", at_the_endpoints),
}


def main() -> None:
    """Run, print a table, and end with 1 if anything was wrong."""
    chosen = sys.argv[1:] or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"{', '.join(sorted(unknown))}: not a part. There are {', '.join(PARTS)}.")
    # Ended from outside, it still ends every process it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    setup_test_environment(debug=False)
    # What the site has to say of each refusal would stand between the rows.
    logging.disable(logging.CRITICAL)
    config = setup_databases(verbosity=0, interactive=False)
    table = Table()
    begun = time.monotonic()
    try:
        for name in chosen:
            title, part = PARTS[name]
            table.head(title)
            for row in part():
                table.add(row)
            print(f"      {time.monotonic() - begun:.0f} s since the beginning", flush=True)
    finally:
        teardown_databases(config, verbosity=0)
    print(f"\n{len(table.rows)} tried, {len(table.wrong)} wrong, in {time.monotonic() - begun:.0f} s.")
    sys.exit(1 if table.wrong else 0)


if __name__ == "__main__":
    main()
