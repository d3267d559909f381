"""Tries a page out as a judge would: types into its fields, clicks what can be clicked, presses keys.

The page's clock moves only between actions (clock.js), what is tried depends on the document and a seed
(explorer.js), and actions are counted before seconds are: so the same files give the same findings on a busy machine.
"""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from checks.exploration import Exploration, Step
from checks.visit import Probe, Visit

SEED = 20
MAX_ACTIONS = 24
# Past this share of what a visit may take, nothing more is tried; on a machine that keeps up the actions end first.
MAX_SHARE = 0.7
BUSY_MS = 500.0
# What happens in this much of the page's own time after an action is its effect.
EFFECT_MS = 400
IDLE_MS = 1_000
LOOK_MS = 50

# Tab comes last: a picker that has the focus would open by Space and swallow the rest.
KEYS = (
    ("ArrowDown", "ArrowDown", 40),
    ("ArrowRight", "ArrowRight", 39),
    ("ArrowUp", "ArrowUp", 38),
    ("ArrowLeft", "ArrowLeft", 37),
    (" ", "Space", 32),
    ("Enter", "Enter", 13),
    ("Tab", "Tab", 9),
    ("Escape", "Escape", 27),
)
_GONE = re.compile(r"context|navigat|Cannot find|is not a function", re.IGNORECASE)


class Explorer:
    """One exploration of a page that has been opened and has settled, told into `into`."""

    def __init__(
        self, visit: Visit, session: CDPSession, probe: Probe, into: Exploration, *, budget_s: float
    ) -> None:
        self._visit, self._session, self._probe, self._into = visit, session, probe, into
        self._budget_s = budget_s
        self._began = 0.0
        self._always: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Try what there is to try. Raises Playwright's Error when the page is lost."""
        self._began = time.monotonic()
        into = self._into
        await self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        await self._probe.ask(f"hillclimbExplorer.start({SEED})")
        await self._advance(LOOK_MS)
        await self._probe.ask("hillclimbExplorer.settled()")
        # Heard while nobody does anything, so it proves nothing later: a game draws all the time.
        self._always = frozenset(await self._advance(IDLE_MS))
        shift = await self._probe.ask("hillclimbExplorer.shift()")
        into.shift, into.shift_selector = float(shift["score"]), str(shift["selector"])
        escaped = False
        while len(into.steps) < MAX_ACTIONS:
            if self._late():
                return
            found = await self._probe.ask("hillclimbExplorer.find()")
            if found is None:
                break
            if not await self._try(found) and not escaped:
                # Something lies over it: a dialog, which Escape closes, once.
                escaped = True
                await self._key("Escape", "Escape", 27)
                await self._advance(EFFECT_MS)
        await self._keys()

    def _late(self) -> bool:
        """Whether to stop here. What is under way then still has time: only a page that does not answer runs it out."""
        self._into.cut = time.monotonic() - self._began > self._budget_s * MAX_SHARE
        return self._into.cut

    async def _try(self, found: dict[str, Any]) -> bool:
        """Do one thing and tell what came of it. False when it could not be reached."""
        kind, label, selector = str(found["kind"]), str(found["label"])[:80], str(found["selector"])[:200]
        await self._advance(LOOK_MS)
        at = await self._probe.ask("hillclimbExplorer.aim()")
        if at is None:
            return False
        x, y = float(at["x"]), float(at["y"])
        await self._mouse("mouseMoved", x, y)
        await self._probe.ask("hillclimbExplorer.arm()")
        self._into.at = self._visit.log.after = f"{_DONE[kind]} {label or selector}"
        busy, stopped, errors = await self._busy_ms(), self._visit.stopped, self._visit.errors
        await self._act(kind, x, y)
        heard = set(await self._advance(EFFECT_MS))
        busy = await self._busy_ms() - busy
        effects = set(await self._probe.ask("hillclimbExplorer.outcome()")) | (heard - self._always)
        if self._visit.stopped > stopped:
            effects.add("network")
        if self._visit.errors > errors:
            effects.add("error")
        # On a page that draws all the time nobody can tell what a click did to the picture.
        uncertain = "draws" in self._always
        dead = kind == "click" and not effects and not uncertain
        dead = dead and not await self._probe.ask("hillclimbExplorer.excused()")
        if dead and not found["again"]:
            # "Clear" does nothing on an empty form: it is tried once more after everything else.
            await self._probe.ask("hillclimbExplorer.remember()")
        self._into.steps.append(Step(kind, label, selector, tuple(sorted(effects)), dead, busy >= BUSY_MS))
        self._visit.log.after = ""
        return True

    async def _act(self, kind: str, x: float, y: float) -> None:
        if kind in ("choose", "set"):
            await self._probe.ask("hillclimbExplorer.field()")
            return
        await self._mouse("mousePressed", x, y)
        await self._mouse("mouseReleased", x, y)
        if kind == "type":
            what = await self._probe.ask("hillclimbExplorer.typing()")
            text = str(what["text"])
            await self._session.send("Input.insertText", {"text": text[:-1]})
            await self._key(text[-1:], "", 0, text=text[-1:])
            if what["enter"]:
                await self._key("Enter", "Enter", 13, text="\r")

    async def _keys(self) -> None:
        """Press what games and menus listen to, on the page as it is now."""
        self._into.at = self._visit.log.after = "pressing keys"
        await self._probe.ask("(document.activeElement?.blur?.(), hillclimbExplorer.arm())")
        busy = await self._busy_ms()
        heard: set[str] = set()
        for name, code, number in KEYS:
            if self._late():
                return
            await self._key(name, code, number, text={"Enter": "\r", " ": " "}.get(name, ""))
            heard |= set(await self._advance(LOOK_MS))
        busy = await self._busy_ms() - busy
        effects = set(await self._probe.ask("hillclimbExplorer.outcome()")) | (heard - self._always)
        self._into.steps.append(
            Step("keys", "keys", effects=tuple(sorted(effects)), busy=busy >= BUSY_MS * len(KEYS))
        )
        self._visit.log.after = ""

    async def _mouse(self, kind: str, x: float, y: float) -> None:
        press = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        await self._session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **press})

    async def _key(self, key: str, code: str, number: int, *, text: str = "") -> None:
        about = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        await self._session.send(
            "Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", "text": text, **about}
        )
        await self._session.send("Input.dispatchKeyEvent", {"type": "keyUp", **about})

    async def _advance(self, ms: int) -> list[str]:
        """Move the page's clock; what was heard meanwhile. Nothing when the document went away under it."""
        call = {
            "expression": f"window.__hillclimbAdvance({ms})",
            "awaitPromise": True,
            "returnByValue": True,
        }
        try:
            answer = await self._session.send("Runtime.evaluate", call)
        except PlaywrightError as error:
            if not _GONE.search(str(error)):
                raise
            return []
        value = answer["result"].get("value")
        # Answered by a world the page shares: it may have put anything there.
        return [str(each)[:20] for each in value[:20]] if isinstance(value, list) else []

    async def _busy_ms(self) -> float:
        """Processor time of the page's main thread so far: it does not grow while other programs hold the core."""
        answer = await self._session.send("Performance.getMetrics")
        return 1_000 * float(
            sum(each["value"] for each in answer["metrics"] if each["name"] == "TaskDuration")
        )


_DONE = {"click": "clicking", "type": "typing into", "choose": "choosing in", "set": "setting"}
