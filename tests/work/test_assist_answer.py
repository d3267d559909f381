"""Files in an answer: what models write around them, what is cut off, and what must never pass."""

from __future__ import annotations

import pytest

from work.assist_answer import Proposal, Question, Reader, propose, read

HTML = "<!doctype html>\n<title>New</title>"
PAGE = Question({"index.html": "<!doctype html>\n<title>Old</title>\n", "style.css": "a {}\n"})


def offered(
    answer: str, question: Question = PAGE, *, whole: bool = True, max_bytes: int = 10_000
) -> Proposal:
    return propose(read(answer, whole=whole), question, max_bytes=max_bytes)


@pytest.mark.parametrize(
    "opening",
    [
        "```index.html\n",
        "```html index.html\n",
        "```html:index.html\n",
        '```html title="index.html"\n',
        "```{path=index.html}\n",
        "``` ./index.html\n",
        "~~~index.html\n",
        "````html index.html\n",
        "Here you are.\n\n**index.html**\n```html\n",
        "### `index.html`\n\n```html\n",
        "File: index.html\n```\n",
        "1. index.html:\n```html\n",
        "```html\n<!-- index.html -->\n",
        "```html\n",
    ],
)
def test_the_usual_ways_to_name_a_file_are_understood(opening: str) -> None:
    fence = "~~~" if opening.startswith("~") else "````" if opening.startswith("````") else "```"
    (file,) = offered(f"{opening}{HTML}\n{fence}\nThat is all.").files
    assert (file.path, file.text, file.partial) == ("index.html", HTML + "\n", False)
    assert file.before == PAGE.files["index.html"]


def test_several_files_come_in_order_and_an_unchanged_one_is_no_proposal() -> None:
    answer = f"```style.css\na {{}}\n```\n```new/app.js\nlet a\n```\n```index.html\n{HTML}\n```"
    assert [file.path for file in offered(answer).files] == ["new/app.js", "index.html"]


def test_a_fence_within_a_longer_fence_is_text() -> None:
    (file,) = offered("````readme.md\nUse:\n```\nx\n```\n````\n").files
    assert file.text == "Use:\n```\nx\n```\n"


def test_a_page_without_any_fence_is_taken() -> None:
    (file,) = offered(f"Sure!\n{HTML}\n</html>\nEnjoy.").files
    assert file.text == HTML + "\n</html>\n"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("```../../etc/passwd.txt\nx\n```", "relative"),
        ("```/abs.html\nx\n```", "relative"),
        ("```a\\b.html\nx\n```", "relative"),
        ("```INDEX.html\nx\n```", "collides"),
        ("```a\u202e.html\nx\n```", "invisible"),
        ("```python\nprint()\n```", "without the name"),
        ("```diff\n+ x\n```", "without the name"),
        ("```index.html\n" + "x" * 20_000 + "\n```", "bytes"),
        ("\n".join(f"```f{n}.css\nb {{}}\n```" for n in range(60)), "files"),
    ],
)
def test_hostile_and_nameless_blocks_are_left_out_and_named(answer: str, what: str) -> None:
    proposal = offered(answer)
    assert proposal.problems
    assert any(what in problem.what for problem in proposal.problems)
    assert all(".." not in file.path and file.path.startswith("f") for file in proposal.files)
    assert len(proposal.files) <= 48


def test_many_blocks_are_bounded() -> None:
    assert len(read("```\n```\n" * 5_000, whole=True)) == 200


def test_a_cut_off_file_says_so_and_drops_its_half_line() -> None:
    (file,) = offered("```index.html\n<!doctype html>\n<title>Ne", whole=False).files
    assert (file.text, file.partial) == ("<!doctype html>\n", True)


def test_a_whole_answer_may_lack_its_last_fence() -> None:
    (file,) = offered(f"```index.html\n{HTML}").files
    assert (file.text, file.partial) == (HTML + "\n", False)


def test_a_selection_is_replaced_by_a_nameless_block() -> None:
    question = Question({"a.css": "1\n2\n3\n4\n"}, "a.css", (2, 3))
    (file,) = offered("```css\ntwo\n```", question).files
    assert file.text == "1\ntwo\n4\n"
    (cut,) = offered("```css\ntwo\nthr", question, whole=False).files
    assert cut.text == "1\ntwo\n3\n4\n", "what did not come replaces nothing"
    (named,) = offered("```a.css\nall\n```", question).files
    assert named.text == "all\n"


def test_a_file_asked_about_takes_the_only_block() -> None:
    question = Question({"a.css": "1\n", "b.css": "2\n"}, "b.css")
    (file,) = offered("```\nnew\n```", question).files
    assert file.path == "b.css"
    assert offered("```css\nx\n```\n```css\ny\n```", question).files == ()


def test_lines_come_as_they_are_whole_and_words_outside_never() -> None:
    reader = Reader()
    seen = []
    for piece in ["I am a mo", "del.\n```ht", "ml index.html\r\n<p", ">one</p>\r\ntw", "o\n``", "`\nBye"]:
        seen += [(line.path, line.text) for line in reader.feed(piece)]
    assert seen == [("index.html", "<p>one</p>"), ("index.html", "two")]


def test_long_hostile_lines_cost_no_more_than_their_length() -> None:
    answer = "#" + " *" * 200_000 + "\n```" + " " * 200_000 + "x\n" + "<!--" + " " * 200_000 + "\n```\n"
    assert offered(answer, max_bytes=2_000_000).files == ()
