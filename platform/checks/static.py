"""Reads the files without running them: syntax, size, what they load, and what must not be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from checks import secrets
from checks.parsing import faults
from checks.references import Reference, references
from checks.shelf import Shelf, load, package_of
from checks.sources import Cut, Fault, Language, cut
from checks.verdict import Files, Finding, Severity, Subject, Verdict, clipped, conclude, plural
from protect import identity

if TYPE_CHECKING:
    from checks.browser import Browser

NAME = "static"
VERSION = 2
QUEUE = "light"

MAX_BYTES = 1024 * 1024
MAX_LINE = 100_000
MAX_SAME = 5

_LANGUAGE_WORDS = {
    Language.HTML: "HTML",
    Language.CSS: "CSS",
    Language.SCRIPT: "JavaScript",
    Language.JSON: "JSON",
    Language.TEXT: "text",
}


def run(subject: Subject, browser: Browser | None = None, *, shelf: Shelf | None = None) -> Verdict:
    """Judge the refined files. What the base already had weighs less, except secrets.

    `shelf` defaults to the built one; without any, external addresses are named but not judged.
    """
    table = shelf or load()
    done = cut(subject.refined)
    before = cut(subject.base) if subject.base is not None else None
    findings = [
        *_syntax(done, before),
        *_sizes(subject.refined),
        *_page(subject.framework, done),
        *_outside(done, before, table),
        *_leaks(subject.refined, subject.base),
        *_words(subject),
    ]
    size = sum(len(text.encode()) for text in subject.refined.values())
    metrics: dict[str, object] = {
        "bytes": size,
        "files": len(subject.refined),
        "findings": dict(Counter(finding.code for finding in findings)),
        "shelf_known": table is not None,
    }
    clean = f"{plural(len(subject.refined), 'file')}, {size:,} bytes: everything parses and nothing must be removed."
    return conclude(_few_of_each(findings), clean=clean, metrics=metrics)


def _few_of_each(findings: list[Finding]) -> list[Finding]:
    """At most `MAX_SAME` findings of one code and severity; the rest are counted in the last one."""
    seen: Counter[tuple[str, Severity]] = Counter((finding.code, finding.severity) for finding in findings)
    kept: list[Finding] = []
    shown: Counter[tuple[str, Severity]] = Counter()
    for finding in findings:
        key = (finding.code, finding.severity)
        shown[key] += 1
        if shown[key] < MAX_SAME or seen[key] == MAX_SAME:
            kept.append(finding)
        elif shown[key] == MAX_SAME:
            more = seen[key] - MAX_SAME
            message = f"{finding.message} And {more} more of this kind."
            kept.append(
                Finding(finding.code, finding.severity, message, finding.fix, finding.path, finding.line)
            )
    return kept


def _syntax(done: Cut, before: Cut | None) -> Iterator[Finding]:
    old: Counter[tuple[str, Language]] = Counter()
    if before is not None:
        old.update((fault.path, fault.language) for fault in _faults(before))
    for fault in _faults(done):
        known = old[fault.path, fault.language] > 0
        old[fault.path, fault.language] -= 1
        language = _LANGUAGE_WORDS[fault.language]
        # Browsers step over a bad rule of CSS, but stop at a syntax error of a script.
        grave = fault.language in (Language.SCRIPT, Language.HTML) and not known
        yield Finding(
            "syntax",
            Severity.ERROR if grave else Severity.WARNING,
            clipped(f"{language} in {fault.path}, line {fault.line}: {fault.what}."),
            "Mend this line; look for a missing bracket, quote or comma just before it."
            + (" The base has a fault of this kind too." if known else ""),
            fault.path,
            fault.line,
        )


def _faults(done: Cut) -> Iterator[Fault]:
    yield from done.faults
    for piece in done.pieces:
        yield from faults(piece)


def _sizes(files: Files) -> Iterator[Finding]:
    total = 0
    for path, text in files.items():
        total += len(text.encode())
        if not text.strip():
            yield Finding("empty_file", Severity.WARNING, f"{path} is empty.", "Fill it or remove it.", path)
        longest = max((len(line) for line in text.splitlines()), default=0)
        if longest > MAX_LINE:
            yield Finding(
                "long_line",
                Severity.WARNING,
                f"{path} has a line of {longest:,} characters.",
                "Break it up, or draw embedded pictures as SVG or CSS.",
                path,
            )
    if total > MAX_BYTES:
        yield Finding(
            "too_large",
            Severity.ERROR,
            f"The files are {total:,} bytes together.",
            f"Bring them under {MAX_BYTES:,} bytes: shorten embedded images and data.",
        )


def _page(framework: str, done: Cut) -> Iterator[Finding]:
    if framework != "html":
        return
    if not done.pages:
        yield Finding(
            "no_page",
            Severity.ERROR,
            "There is no HTML file.",
            "Add an index.html: it is the page that is shown.",
        )
    for path, seen in done.pages.items():
        if "base:href" in seen:
            yield Finding(
                "base_href",
                Severity.WARNING,
                f"{path} sets <base href>, which previews ignore.",
                "Remove it.",
                path,
            )
        if "meta:viewport" not in seen:
            yield Finding(
                "no_viewport",
                Severity.NOTE,
                f"{path} has no viewport meta tag, so telephones show it zoomed out.",
                'Add <meta name="viewport" content="width=device-width, initial-scale=1"> to the head.',
                path,
            )


_KIND_WORDS = {
    "script": "a script",
    "style": "a stylesheet",
    "image": "an image or media file",
    "font": "a font",
    "frame": "a framed page",
    "import": "a module",
    "request": "data",
}


def _outside(done: Cut, before: Cut | None, shelf: Shelf | None) -> Iterator[Finding]:
    old = {(ref.kind, ref.url) for ref in references(before)} if before is not None else set()
    local = {piece.path for piece in done.pieces if piece.kind == "file"}
    for ref in references(done):
        known = (ref.kind, ref.url) in old
        if ref.external:
            finding = _external(ref, known, shelf)
        elif ref.kind == "import" and not ref.url.startswith((".", "/", "data:", "blob:", "@/", "~/", "#")):
            finding = _bare_import(ref, known, shelf)
        else:
            finding = _missing_file(ref, known, local)
        if finding is not None:
            yield finding


def _external(ref: Reference, known: bool, shelf: Shelf | None) -> Finding | None:
    if shelf is not None and ref.kind != "request" and shelf.has_url(ref.url):
        if missing := shelf.missing_families(ref.url):
            return Finding(
                "font_not_on_shelf",
                Severity.NOTE,
                clipped(f"The shelf lacks the font {', '.join(missing[:3])}; a fallback is shown."),
                "Name a good fallback family, or choose a font on the shelf.",
                ref.path,
                ref.line,
            )
        return None
    what = _KIND_WORDS[ref.kind]
    if shelf is None:
        severity = Severity.NOTE
    elif ref.kind in ("script", "import", "frame") and not known:
        severity = Severity.ERROR
    else:
        severity = Severity.WARNING
    advice = "Put the data into the files." if ref.kind == "request" else None
    if ref.kind == "image":
        advice = "Draw it with inline SVG or CSS, or embed it as a data: URL."
    return Finding(
        "external_resource",
        severity,
        clipped(
            f"{ref.path}, line {ref.line} loads {what} from outside: {ref.url[:200]}. Previews have no network."
        ),
        advice or (shelf.advice_for(ref.url) if shelf is not None else "Use a library on the shelf."),
        ref.path,
        ref.line,
    )


def _bare_import(ref: Reference, known: bool, shelf: Shelf | None) -> Finding | None:
    if shelf is None or shelf.has_import(ref.url):
        return None
    return Finding(
        "import_not_on_shelf",
        Severity.WARNING if known else Severity.ERROR,
        clipped(f"{ref.path}, line {ref.line} imports {ref.url}, which is not on the shelf."),
        shelf.advice([ref.url, package_of(ref.url)]),
        ref.path,
        ref.line,
    )


_MODULE_ENDINGS = tuple(
    f"{slash}.{suffix}"
    for slash in ("", "/index")
    for suffix in ("tsx", "ts", "jsx", "js", "mjs", "json", "css")
)


def _missing_file(ref: Reference, known: bool, local: set[str]) -> Finding | None:
    """What a page asks for by a relative path must be among the files."""
    url = ref.url.split("?")[0].split("#")[0]
    # `%23` is the `#` of a picture inside a data: URL; `@/` and the like are the assembler's to resolve.
    if ref.kind in ("frame", "request") or not url or ":" in url.split("/")[0] or url[0] in "%@~#":
        return None
    breaks = ref.kind in ("script", "style", "import") and not known
    names: list[str] = ref.path.split("/")[:-1] if not url.startswith("/") else []
    for part in url.split("/"):
        if part == "..":
            names = names[:-1]
        elif part not in ("", "."):
            names.append(part)
    name = "/".join(names)
    if name in local or (ref.kind == "import" and any(name + ending in local for ending in _MODULE_ENDINGS)):
        return None
    return Finding(
        "missing_file",
        Severity.ERROR if breaks else Severity.WARNING,
        clipped(f"{ref.path}, line {ref.line} asks for {url[:200]}, which is not among the files."),
        "Add the file, or correct its path.",
        ref.path,
        ref.line,
    )


def _leaks(files: Files, base: Files | None) -> Iterator[Finding]:
    old = {leak.shown for text in (base or {}).values() for leak in secrets.find(text)}
    for path, text in files.items():
        for leak in secrets.find(text):
            secret = leak.kind is secrets.Kind.SECRET
            yield Finding(
                "secret" if secret else "personal_data",
                Severity.ERROR if secret else Severity.WARNING,
                f"{path}, line {leak.line} has what looks like {leak.what} ({clipped(leak.shown, 60)})"
                + (", and so has the base." if leak.shown in old else "."),
                "Remove it and put an invented stand-in there. If it was real, revoke it."
                if secret
                else "Put an invented one there, such as name@example.com or 555-0100.",
                path,
                leak.line,
            )


def _words(subject: Subject) -> Iterator[Finding]:
    """Telling words are errors: a voter could read them on one side only, even if the base brought them.

    One that the prompt or the rival has too tells nothing, and one that a lead lets stand is no fault of the author.
    """
    known = [subject.prompt, *(subject.rival or {}).values()]
    shared = {word.text.lower() for text in known for word in identity.find(text, subject.names)}
    shared |= set(subject.let_stand)
    told: set[tuple[str, str]] = set()
    for path, text in subject.refined.items():
        # A file's name may tell as much as its text.
        for word in (*identity.find(path, subject.names), *identity.find(text, subject.names)):
            key = (path, word.text.lower())
            if key in told:
                continue
            told.add(key)
            if not word.names:
                severity = Severity.NOTE if word.text.lower() in shared else Severity.WARNING
            else:
                severity = Severity.WARNING if word.text.lower() in shared else Severity.ERROR
            yield Finding(
                "identity_word",
                severity,
                clipped(
                    f"{path}, line {word.line} says \u201c{word.text}\u201d, which may tell who made the page."
                ),
                "Say it in other words, unless the task itself is about it.",
                path,
                word.line,
            )
