"""The long form of the hostile tests: pages against the robot, ways out of it, bodies against the endpoints.

    python -m tests.hostile

It needs DATABASE_URL and REDIS_URL of its own (make hostile gives it both), and makes its own database there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import django

django.setup()

from django.test.utils import setup_databases, setup_test_environment, teardown_databases  # noqa: E402  # needs Django

from checks.browser import Browser  # noqa: E402  # as above
from tests.browser.runtime_site import Sink  # noqa: E402  # as above
from tests.hostile import robot, uploads  # noqa: E402  # as above

# (what was tried, what is wrong)
Row = tuple[str, str]


def pages() -> Iterator[Row]:
    """Every attack on the robot."""
    with Browser.launch(budget_s=robot.BUDGET_S) as browser:
        for name, attack in {**robot.SHORT, **robot.LONG}.items():
            yield f"page: {name}", robot.judged(browser, attack)


def ways_out() -> Iterator[Row]:
    """Every network route, against a sink on loopback."""
    sink = Sink()
    try:
        yield "way out: control", "" if robot.sink_hears(sink) else "the sink hears nothing"
        with Browser.launch(budget_s=robot.BUDGET_S) as browser:
            for name, way in {**robot.STAYING, **robot.LEAVING}.items():
                told = robot.heard(browser, {name: way}, sink)
                yield f"way out: {name}", f"the sink heard {told}" if told else ""
    finally:
        sink.close()


def bodies() -> Iterator[Row]:
    """Every hostile body against every endpoint."""
    aims = uploads.targets()
    for target in aims:
        for name, body in uploads.attempts(target):
            yield f"body: {target.name}: {name}", uploads.refused(target, body)
    for target in aims:
        if target.takes_files:
            status = uploads.send_sound(target)
            yield f"body: {target.name}: a sound one", "" if status < 300 else f"was refused by {status}"


def main() -> None:
    """Run, print a line each, and end with 1 if anything was wrong."""
    setup_test_environment(debug=False)
    config = setup_databases(verbosity=0, interactive=False)
    wrong, n = 0, 0
    try:
        for part in (pages, ways_out, bodies):
            for tried, fault in part():
                n += 1
                wrong += bool(fault)
                print(f"{'WRONG' if fault else 'holds':6} {tried}  {fault}".rstrip(), flush=True)
    finally:
        teardown_databases(config, verbosity=0)
    print(f"\n{n} tried, {wrong} wrong.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
