import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import secrets, static
from checks.shelf import Shelf
from checks.verdict import Files, Outcome, Severity, Subject, Verdict
from protect import identity

PAGE = '<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>T</title>{head}</head><body>{body}</body></html>'
SHELF = Shelf.read(
    {
        "libraries": {
            "react": {"names": ["react.js"]},
            "@tailwindcss/browser": {},
            "chart.js": {},
            "tailwindcss-cdn": {"names": ["cdn.tailwindcss.com"]},
        },
        "modules": {"react": {}, "react-dom/client": {}, "three": {}},
        "fonts": {"inter": {}},
        "styleImports": {"swiper/css": []},
        "instead": {"antd": "plain elements"},
    }
)


def page(head: str = "", body: str = "<h1>Hi</h1>") -> dict[str, str]:
    return {"index.html": PAGE.format(head=head, body=body)}


def judge(
    files: Files, base: Files | None = None, rival: Files | None = None, framework: str = "html"
) -> Verdict:
    return static.run(Subject(framework, files, base, rival), shelf=SHELF)


def codes(verdict: Verdict) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in verdict.findings}


def test_a_sound_page_passes() -> None:
    files = page("<style>a{color:red}</style>", "<script>const a = 1;</script><button onclick='a'>x</button>")
    verdict = judge(files)
    assert verdict.outcome is Outcome.PASS, verdict.findings
    assert verdict.metrics["files"] == 1


def test_a_script_error_names_its_line_in_the_page() -> None:
    verdict = judge({"index.html": "<!doctype html>\n<p>x\n<script>\nlet a = 1;\nlet b = ;\n</script>"})
    finding = next(finding for finding in verdict.findings if finding.code == "syntax")
    assert (finding.severity, finding.path, finding.line) == (Severity.ERROR, "index.html", 5)


def test_tsx_is_parsed_with_its_types() -> None:
    good = (
        "type P = { a: number };\nexport default function App({ a }: P) { return <div>{a as number}</div>; }"
    )
    assert judge({"App.tsx": good}, framework="react").outcome is Outcome.PASS
    bad = good.replace("</div>", "")
    assert codes(judge({"App.tsx": bad}, framework="react"))["syntax"] is Severity.ERROR


def test_a_fault_the_base_has_too_is_a_warning() -> None:
    files = page(body="<script>let b = ;</script>")
    assert codes(judge(files, base=files))["syntax"] is Severity.WARNING


def test_css_and_json_faults_are_found() -> None:
    verdict = judge({**page(), "a.css": "a { color: red; ]; b: c }\n.x {", "b.json": '{"a": 1,}'})
    assert {finding.path for finding in verdict.findings if finding.code == "syntax"} == {"a.css", "b.json"}


def test_what_is_on_the_shelf_may_be_loaded() -> None:
    head = "".join(
        f"<script src='{url}'></script>"
        for url in (
            "https://unpkg.com/react@18/umd/react.development.js",
            "https://cdn.tailwindcss.com",
            "https://cdn.jsdelivr.net/npm/@tailwindcss/browser@4",
            "https://cdnjs.cloudflare.com/ajax/libs/Chart.js/4.4.1/chart.umd.min.js",
        )
    )
    head += (
        "<link rel=stylesheet href='https://fonts.googleapis.com/css2?family=Inter:wght@400&display=swap'>"
    )
    assert judge(page(head)).outcome is Outcome.PASS


def test_what_is_not_on_the_shelf_is_named_with_advice() -> None:
    verdict = judge(page("<script src='https://cdn.jsdelivr.net/npm/antd@5/dist/antd.min.js'></script>"))
    finding = next(finding for finding in verdict.findings if finding.code == "external_resource")
    assert finding.severity is Severity.ERROR
    assert "antd" in finding.message
    assert finding.fix == "Use plain elements instead."
    image = judge(page(body="<img alt='' src='https://images.test/a.png'>"))
    assert codes(image) == {"external_resource": Severity.WARNING}


def test_imports_are_read_from_the_grammar_not_from_strings() -> None:
    source = "import React from 'react';\nimport type { X } from 'types-only';\nconst s = \"import a from 'nowhere'\";\nimport z from 'no-such';"
    verdict = judge({"App.tsx": source}, framework="react")
    assert [finding.line for finding in verdict.findings if finding.code == "import_not_on_shelf"] == [4]


def test_relative_files_must_be_there() -> None:
    files = {
        **page("<link rel=stylesheet href='css/a.css'><script src='./gone.js'></script>"),
        "css/a.css": "a{}",
    }
    verdict = judge(files)
    assert [finding.code for finding in verdict.findings] == ["missing_file"]
    assert "gone.js" in verdict.findings[0].message
    react = {
        "src/App.tsx": "import { a } from './lib/a';\nimport './b.css';",
        "src/lib/a.ts": "export const a = 1;",
    }
    assert [finding.line for finding in judge(react, framework="react").findings] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "AKIAQ7T4WZ3R2N5M6P7K",
        "ghp_a8Kd93jLmQ02xVbNrT5yUiOp7WsEdFgH1ZcX",
        "sk-proj-a8Kd93jLmQ02xVbNrT5yUiOp7WsEdFgH",
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgres://root:s3cr3tpw9@db.internal-host.net/x",
    ],
)
def test_secrets_fail_even_when_the_base_has_them(text: str) -> None:
    files = page(body=f"<script>const k = '{text}';</script>")
    verdict = judge(files, base=files)
    assert codes(verdict)["secret"] is Severity.ERROR
    assert text not in verdict.findings[0].message or text.startswith("-----")


@pytest.mark.parametrize(
    "text", ["sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "YOUR_API_KEY", "AKIAIOSFODNN7EXAMPLE"]
)
def test_placeholders_are_let_through(text: str) -> None:
    assert not list(secrets.find(text))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mail maria.kovacs84@gmail.com", ["email"]),
        ("mail hello@example.com, you@gmail.com, jane@acme-corp.com, hi@studio.design", []),
        ("react@18.2.0 and logo@2x.png", []),
        ("call +44 20 8391 4726", ["phone"]),
        ("call (555) 123-4567, +1 555 010 0199, 212-555-0147", []),
        ("pay 4539 5787 6362 1486", ["card number"]),
        ("pay 4242 4242 4242 4242 or 1234 5678 9012 3456", []),
        ("M10 20 30 40 2024-10-12 1-800-555-0199 0.123-456-7890", []),
    ],
)
def test_personal_data_and_what_only_looks_like_it(text: str, kinds: list[str]) -> None:
    assert [leak.kind.value for leak in secrets.find(text)] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "Made with ChatGPT",
        "by GPT-5",
        "claude-3.5",
        "Generated by Claude",
        "class='gpt-5-card'",
        "Gemini 2.5 Pro",
        "DeepSeek",
        "openai.com",
        "Qwen2.5-Coder",
    ],
)
def test_names_of_models_are_found(text: str) -> None:
    assert any(word.names for word in identity.find(text))


@pytest.mark.parametrize(
    "text",
    [
        "Claude Monet painted",
        "the Gemini constellation",
        "opus number",
        "a haiku",
        "llama farm",
        "phi coefficient",
        "<meta name=a>",
        "command row",
        "nova star",
        "cursor: pointer",
        "o3 ozone",
        "mistral wind",
        "bard",
    ],
)
def test_everyday_words_are_not(text: str) -> None:
    assert not list(identity.find(text))


@given(st.data())
def test_a_text_is_never_passed_over_unsearched(data: st.DataObject) -> None:
    """Every name holds one of the clues that decide whether a text is searched at all."""
    pattern = data.draw(st.sampled_from([*identity._PLAIN, *identity._IN_COMPANY, *identity._PHRASES]))
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    told = [word.text for word in identity.find(f"a {text} b")]
    assert told, text


def test_a_telling_word_is_new_or_shared() -> None:
    files = page(body="<!-- by GPT-5 --><p>x")
    assert codes(judge(files, base=page()))["identity_word"] is Severity.ERROR
    assert codes(judge(files, base=page(), rival=files))["identity_word"] is Severity.WARNING
    # The voter sees the rival without it: that the base had it is no excuse.
    assert codes(judge(files, base=files, rival=page()))["identity_word"] is Severity.ERROR


def test_size_and_missing_page() -> None:
    assert codes(judge({"a.css": "a{}"}))["no_page"] is Severity.ERROR
    assert codes(judge({**page(), "a.txt": "word " * 220_000}))["too_large"] is Severity.ERROR


HOSTILE = {
    "tags": "<b>" * 300_000,
    "lone brackets": "<" * 1_000_000,
    "scripts": "<script>" * 120_000,
    "comments": "<!--" * 250_000,
    "attributes": "<a " + "x=1 " * 250_000 + ">",
    "curly": "<style>" + "{" * 900_000,
    "css strings": "<style>" + "'\\" * 450_000,
    "deep objects": "<script>" + "[" * 900_000,
    "templates": "<script>" + "`${" * 300_000,
    "at signs": "a@" * 500_000,
    "key starts": "sk-" * 330_000,
    "token starts": "eyJ" + "a" * 1_000_000,
    "phones": "+1 " * 330_000,
    "urls": "<style>" + "url(" * 220_000,
    "imports": "<script>" + "import(" * 130_000,
    "words": "claude " * 140_000,
    "one word": "a" * 1_000_000,
    "srcset": "<img srcset='" + "a 1x," * 200_000 + "'>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_takes_bounded_time(name: str) -> None:
    start = time.process_time()
    judge({"index.html": HOSTILE[name]})
    # Quadratic work on a megabyte would take hours; this leaves room for slow machines.
    assert time.process_time() - start < 30


def test_deep_json_is_refused_not_recursed_into() -> None:
    assert codes(judge({**page(), "a.json": "[" * 100_000}))["syntax"] is Severity.WARNING
    judge({**page(), "a.json": "1" * 1_000_000})


def test_a_word_that_the_task_is_about_may_be_said() -> None:
    page = {"index.html": "<!doctype html><title>x</title><p>Made like openai.fm</p>"}
    told = static.run(Subject("html", page, None, None), shelf=SHELF)
    asked = static.run(Subject("html", page, None, None, prompt="A page inspired by openai.fm"), shelf=SHELF)
    assert told.outcome is Outcome.FAIL
    assert asked.outcome is Outcome.WARN
