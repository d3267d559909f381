"""What simulated people do: refine, write, review, compare. Each acts on what its page shows and nothing else."""

from __future__ import annotations

import hashlib
import html
import random
import re
import uuid
from typing import Any

from tests.journeys.browserless import Answer, Refused, Session

POLISH = """
<style>
  /* {mark}: calmer rhythm, larger targets, visible focus */
  :root {{ accent-color: {colour}; scroll-behavior: smooth; }}
  body {{ line-height: 1.6; font-size: {size}px; text-rendering: optimizeLegibility; border-top: 6px solid {colour}; }}
  button, [role="button"], input, select {{ min-height: 40px; border-radius: 10px; outline-offset: 3px; }}
  :focus-visible {{ outline: 3px solid {colour}; }}
  h1, h2 {{ letter-spacing: -0.015em; text-wrap: balance; }}
  @media (prefers-reduced-motion: reduce) {{ * {{ animation: none !important; transition: none !important; }} }}
</style>
"""

WRITTEN = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{polish}
<style>
  body {{ margin: 0; font-family: system-ui, sans-serif; color: #1d2422; background: #f7f8f7; }}
  main {{ max-width: 44rem; margin: 0 auto; padding: 2rem 1rem; }}
  .row {{ display: flex; gap: .75rem; flex-wrap: wrap; }}
  li {{ padding: .5rem 0; border-bottom: 1px solid #d5dbd8; }}
</style>
</head>
<body>
<main>
  <h1>{title}</h1>
  <p>{text}</p>
  <form class="row" id="add">
    <label>New entry <input id="entry" required></label>
    <button>Add entry</button>
  </form>
  <ul id="entries">{items}</ul>
  <p aria-live="polite" id="count"></p>
</main>
<script>
  const list = document.getElementById("entries");
  const tell = () => {{ document.getElementById("count").textContent = list.children.length + " entries"; }};
  document.getElementById("add").addEventListener("submit", (event) => {{
    event.preventDefault();
    const item = document.createElement("li");
    item.textContent = document.getElementById("entry").value;
    list.prepend(item);
    event.target.reset();
    tell();
  }});
  tell();
</script>
</body>
</html>
"""

BROKEN = "<script>throw new Error('left in by mistake')</script>"


def claim(person: Session, project: int, kind: str) -> Answer | None:
    """Claim one task of a kind; its page, or None when there is none."""
    answer = person.submit("/queue/claim/", {"project": str(project), "kind": kind})
    place = answer.headers.get("location", "")
    if place.startswith("/guideline/"):
        _acknowledge(person, place)
        return claim(person, project, kind)
    if answer.status != 302:
        raise Refused(f"{person.name}: the claim answered {answer.status}: {answer.text[:300]}")
    if not place.startswith({"review": "/review/", "compare": "/compare/"}.get(kind, "/bench/")):
        return None
    page = person.get(place)
    if page.status != 200:
        raise Refused(f"{person.name}: {place} answered {page.status}")
    return page


def _acknowledge(person: Session, place: str) -> None:
    """Read the guideline that stands before the claim, and say so."""
    version = re.search(r'name="version" value="(\d+)"', person.get(place).text)
    if version is None:
        raise Refused(f"{person.name}: {place} asks for nothing")
    person.submit(f"{place}acknowledge/", {"version": version[1]})


def polished(files: dict[str, str], mark: str) -> dict[str, str]:
    """A real, visible edit of the entry page: type, targets, focus, colour."""
    rng = random.Random(mark)
    style = POLISH.format(
        mark=mark, colour=f"#{rng.randrange(0x1F5000, 0x2F8FFF):06x}", size=rng.choice([16, 17, 18])
    )
    entry = "index.html" if "index.html" in files else next((p for p in files if p.endswith(".html")), "")
    if not entry:
        return _polished_react(files, mark)
    page = files[entry]
    at = page.lower().rfind("</head>")
    return {**files, entry: page[:at] + style + page[at:] if at >= 0 else style + page}


def _polished_react(files: dict[str, str], mark: str) -> dict[str, str]:
    entry = next(
        path for path in files if path.endswith((".tsx", ".jsx")) and "export default" in files[path]
    )
    css = POLISH.format(mark=mark, colour="#1f6d53", size=17).replace("<style>", "").replace("</style>", "")
    return {**files, "polish.css": css, entry: 'import "./polish.css";\n' + files[entry]}


def written(prompt: dict[str, Any], mark: str) -> dict[str, str]:
    """A page of one's own for a prompt without a base."""
    words = [word.strip(".,;:()").title() for word in prompt["text"].split() if len(word) > 3]
    rng = random.Random(mark)
    rng.shuffle(words)
    items = "".join(f"<li>{html.escape(word)} {rng.randrange(2, 90)}</li>" for word in words[:8])
    title = html.escape(" ".join(prompt["text"].split()[:6]))
    polish = POLISH.format(mark=mark, colour=f"#{rng.randrange(0x204000, 0x20A0FF):06x}", size=17)
    return {
        "index.html": WRITTEN.format(
            title=title, text=html.escape(prompt["text"]), items=items, polish=polish
        )
    }


def author(person: Session, page: Answer, *, careless: bool) -> str:
    """Work at the bench and submit; `careless` leaves an error in, the first time. Returns the outcome sent."""
    data = page.data("bench-data")
    urls, first_round = data["urls"], data["assignment"]["round"] == 1
    mark = f"{person.name}-{data['assignment']['id']}"
    if first_round:
        files = polished(data["base"]["files"], mark) if data["base"] else written(data["prompt"], mark)
    else:
        files = {path: text.replace(BROKEN, "") for path, text in data["draft"]["files"].items()}
        if files == data["draft"]["files"]:
            files = polished(files, mark)
    if careless and first_round and "index.html" in files:
        files["index.html"] = files["index.html"].replace("</body>", BROKEN + "</body>")
    ratings = {criterion["slug"]: 4 for criterion in data["criteria"]}
    rationale = "Calmer rhythm, larger targets and visible focus make it easier to use than the other page."
    draft = {"rev": data["draft"]["rev"], "files": files, "rationale": rationale, "ratings": ratings}
    saved = person.send("PUT", urls["draft"], draft).json()
    person.send("POST", urls["heartbeat"], {})
    body = {"rev": saved["rev"], "outcome": "refined", "reason": rationale}
    key = str(uuid.uuid4())
    sent = person.send("POST", urls["submit"], body, key=key)
    again = person.send("POST", urls["submit"], body, key=key)
    if sent.json() != again.json():
        raise Refused("the same Idempotency-Key gave two answers")
    return "refined"


def reviewer(person: Session, page: Answer, *, mood: float) -> str:
    """Review what is shown; `mood` in 0..1 picks among the decisions a page like this can get."""
    data = page.data("review-data")
    earlier = bool(data["earlier"])
    scores = {criterion["slug"]: 4 for criterion in data["criteria"]}
    body: dict[str, Any] = {"decision": "accept", "scores": scores}
    if mood < 0.08 and not earlier:
        body = {
            "decision": "request_changes",
            "notes": "Give the main action more contrast.",
            "scores": scores,
        }
    elif mood < 0.16 and data["refined"]:
        files = polished(data["refined"]["files"], f"{person.name}-fix-{data['submission']['id']}")
        body = {"decision": "fix_accept", "files": files, "notes": "Mended the focus ring.", "scores": scores}
    elif mood < 0.20 and data["rules"]:
        rule = data["rules"][0]["code"]
        body = {
            "decision": "reject",
            "rule": rule,
            "evidence": "The first screen is cut at 375 px.",
            "scores": scores,
        }
    person.send("POST", data["urls"]["decide"], body, key=str(uuid.uuid4()))
    return str(body["decision"])


def voter(person: Session, page: Answer) -> int:
    """Vote on what is shown: a taste for visible focus and calm type, with honest noise."""
    data = page.data("compare-data")
    seen = f"{person.name.rpartition('-')[2]}|{data['prompt']['text']}"
    rng = random.Random(hashlib.sha256(seen.encode()).digest())

    def appeal(files: dict[str, str]) -> float:
        text = "\n".join(files.values())
        return ("focus-visible" in text) + 0.5 * ("text-wrap" in text) + rng.gauss(0, 1.1)

    lead = appeal(data["b"]["files"]) - appeal(data["a"]["files"])
    choice = max(-3, min(3, round(lead * 1.5)))
    vote = {"choice": choice, "both_bad": False, "criteria": {}, "seconds": rng.randrange(8, 90)}
    person.send("POST", data["urls"]["vote"], vote, key=str(uuid.uuid4()))
    return choice
