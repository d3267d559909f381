"""What the in-task model is asked: the task's prompt, the files in question, the change wanted. Pure.

The rival's page is never part of it: its terms commonly forbid that another model learns from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.models import Framework
from work.assist_answer import Question
from work.states import AssistScope

_KINDS = {
    Framework.HTML: "plain HTML, CSS and JavaScript; the page to open is index.html",
    Framework.REACT: "React with TSX; the component to show is the default export of App.tsx",
}
_RULES = (
    "You write front-end code: {kind}. The page runs without a network, so fetch nothing from other servers; common "
    "libraries may be loaded from their usual CDN addresses.\n"
    "Answer with code alone, without any words around it. {form} "
    "If the code itself has lines of three backticks, use a longer fence. "
    "Never name yourself, a model or a vendor, in comments neither."
)
_FILES = (
    "For every file that you create or change, write the whole file, never a part or a diff, in one fenced block of "
    "its own whose info string is the file's path, such as:\n```styles.css\nbody { margin: 0 }\n```\n"
    "Leave out files that stay as they are."
)
_LINES = (
    "Write one fenced block that holds only the lines which take the place of the selected ones, with their "
    "indentation, and nothing of the rest of the file."
)


@dataclass(frozen=True, slots=True)
class Task:
    """What the page is for."""

    prompt: str
    framework: str


def messages(task: Task, question: Question, *, scope: str, instruction: str) -> list[dict[str, str]]:
    """The messages of one request."""
    form = _LINES if scope == AssistScope.SELECTION else _FILES
    rules = _RULES.format(kind=_KINDS[Framework(task.framework)], form=form)
    parts = [f"The page that is wanted:\n\n{task.prompt}"]
    if scope == AssistScope.FRESH:
        parts.append(f"Write it from scratch.\n\n{instruction}".strip())
    else:
        parts += _context(question, scope)
        parts.append(f"Change this:\n\n{instruction}")
    return [{"role": "system", "content": rules}, {"role": "user", "content": "\n\n".join(parts)}]


def _context(question: Question, scope: str) -> list[str]:
    if scope == AssistScope.PAGE:
        files = "\n\n".join(_fenced(path, text) for path, text in sorted(question.files.items()))
        return [f"Its files now:\n\n{files}"]
    assert question.path is not None
    text = question.files[question.path]
    others = ", ".join(sorted(set(question.files) - {question.path}))
    parts = [f"The file to change:\n\n{_fenced(question.path, text)}"]
    if others:
        parts.append(f"Beside it there are, not shown: {others}")
    if question.lines is not None:
        first, last = question.lines
        chosen = "\n".join(text.split("\n")[first - 1 : last])
        parts.append(f"The selected lines, {first} to {last}:\n\n{_fenced('', chosen)}")
    return parts


def _fenced(path: str, text: str) -> str:
    """A block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{path}\n{text}{end}{fence}"


def tokens_of(text: str) -> int:
    """About how many tokens a text is, where nobody counted: one for four bytes."""
    return -(-len(text.encode()) // 4)
