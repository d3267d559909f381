"""Everything that is made to go wrong while work is checked, by name.

Each scenario breaks something, repairs it, waits, and says what must have come of it; `chance` sets the moment and
whatever else it leaves open. The invariants are asked afterwards, by the caller.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.faults import releases, robots, site, stores
from tests.faults.chance import Chance
from tests.pipeline.stage import Stage

SCENARIOS: dict[str, Callable[[Stage, Chance], None]] = {
    each.__name__: each
    for each in (
        robots.child_killed,
        robots.worker_killed,
        robots.chromium_killed,
        robots.workers_down,
        robots.frozen_past_its_lease,
        robots.two_workers_on_one_step,
        robots.poison,
        robots.disk_full,
        stores.broker_emptied,
        stores.broker_refuses,
        stores.broker_swallows,
        stores.database_stopped,
        site.web_killed_before_commit,
        site.web_killed_after_commit,
        releases.build_killed,
    )
}
# What `make test` tries; all of them take four minutes.
SHORT = ("worker_killed", "broker_emptied", "frozen_past_its_lease", "web_killed_after_commit")
