"""The command line: `hillclimb pull | verify | diff`. Exit codes are those of errors.py, and 1 for "not equal"."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from hillclimb import __version__, access, diffing, listing, pulling, releases, trust, verifying
from hillclimb.access import hidden
from hillclimb.diffing import Difference
from hillclimb.errors import ClientError, Refused, Usage
from hillclimb.progress import Bar, size
from hillclimb.releases import Found
from hillclimb.wire import Site

DIFFERS = 1
INTERRUPTED = 130
EPILOG = f"""\
The token comes from {access.TOKEN} or from a file that only you can read (default: ~/.config/hillclimb/token).
It is never an argument: arguments show in the list of processes.

Exit codes: 0 done, whole, or equal; 1 not as published, or different; 2 usage; 3 no or wrong token; 4 no such release;
5 withdrawn; 6 the site does not answer or breaks off; 7 the site sent what must not be taken; 8 this machine cannot keep
the files; 130 interrupted."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong without repeating a token that was given by mistake."""

    def error(self, message: str) -> NoReturn:
        """Usage and message, then exit code 2."""
        super().error(hidden(message))


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    # No abbreviations: `--token` must not be taken for `--token-file`.
    main_ = _Parser(
        prog="hillclimb", description="Fetch, check and compare Hillclimb releases.", epilog=EPILOG,
        allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    main_.add_argument("--version", action="version", version=f"hillclimb {__version__}")
    commands = main_.add_subparsers(dest="command", required=True, parser_class=_Parser)
    pull = commands.add_parser("pull", help="fetch a release, or go on with it", allow_abbrev=False)
    pull.add_argument("release", help="name, name@1.0.0, project/name@1.0.0, or its number")
    pull.add_argument("--to", type=Path, metavar="FOLDER", help="default: NAME-VERSION here")
    _site(pull)
    _key(pull)
    pull.add_argument(
        "--accept-key", action="store_true", help="believe the site's present key although it is new"
    )
    verify = commands.add_parser(
        "verify", help="is a folder still what was published? (offline)", allow_abbrev=False
    )
    verify.add_argument("folder", type=Path)
    verify.add_argument("-q", "--quiet", action="store_true", help="no progress")
    _key(verify)
    diff = commands.add_parser("diff", help="what changed between two releases?", allow_abbrev=False)
    diff.add_argument("old", help="a folder, or a release as for pull")
    diff.add_argument("new", help="a folder, or a release as for pull")
    diff.add_argument("--rows", action="store_true", help="name every row that differs")
    diff.add_argument("--json", action="store_true", help="all of it as JSON")
    _site(diff)
    return main_


def _site(command: argparse.ArgumentParser) -> None:
    command.add_argument("--site", help=f"such as https://hillclimb.example.org (default: {access.SITE})")
    command.add_argument("--token-file", type=Path, metavar="FILE", help="a file that only you can read")
    command.add_argument("--plain-http", action="store_true", help="allow http:// to another machine")
    command.add_argument("--retries", type=int, default=5, help="tries without a byte before giving up (5)")
    command.add_argument(
        "--timeout", type=float, default=60.0, help="seconds of silence before a try ends (60)"
    )
    if command.prog.endswith("pull"):
        command.add_argument("-q", "--quiet", action="store_true", help="no progress")


def _key(command: argparse.ArgumentParser) -> None:
    command.add_argument("--key", metavar="FILE", type=Path, help="believe this public key alone")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code."""
    given = parser().parse_args(arguments)
    run = {"pull": _pull, "verify": _verify, "diff": _diff}[given.command]
    try:
        code = run(given)
        sys.stdout.flush()
    except ClientError as error:
        print(f"hillclimb: {hidden(str(error))}", file=sys.stderr)
        code = error.code
    except KeyboardInterrupt:
        print("\nhillclimb: stopped. Run the same command again to go on.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _connect(given: argparse.Namespace) -> Site:
    if not 0 <= given.retries <= 1000 or not 1 <= given.timeout <= 3600:
        raise Usage("--retries is 0 to 1000, --timeout 1 to 3600.")
    origin = access.site(given.site, os.environ, plain_http=given.plain_http)
    return Site(origin, access.token(given.token_file, os.environ), timeout=given.timeout)


def _pull(given: argparse.Namespace) -> int:
    site = _connect(given)
    if given.key:
        trust.read_key(given.key)  # a wrong file is told before anything is fetched
    found = releases.find(site, given.release)
    folder = given.to or Path(f"{found.name}-{found.version}")
    if found.deprecated:
        print(f"{found} is deprecated: {_shown(found.deprecated)}", file=sys.stderr)
    bar = Bar(sum(entry.size for entry in found.files), quiet=given.quiet)
    try:
        fetched = pulling.pull(site, found, folder, bar=bar, retries=given.retries)
    finally:
        bar.clear()
    who = _published_by(site, found, folder, given)
    total = size(sum(entry.size for entry in found.files))
    print(
        f"{found}: {len(found.files)} files, {total}, all as published, in {folder} ({fetched} fetched now).",
        who,
        sep="\n",
    )
    return 0


def _published_by(site: Site, found: Found, folder: Path, given: argparse.Namespace) -> str:
    """Who signed what was pulled. Raises Refused when it was none of the keys that are believed."""
    pinned = trust.read_key(given.key) if given.key else None
    if pinned is None and not any(entry.path == trust.CERTIFICATE for entry in found.files):
        return "It is not signed."
    if not trust.can_check():
        return f"Its signature was not checked: {trust.HOW}."
    keys = [pinned] if pinned else trust.trusted_by(site, os.environ, accept=given.accept_key)
    return _shown(trust.check(folder, keys))


def _verify(given: argparse.Namespace) -> int:
    pinned = trust.read_key(given.key) if given.key else None
    manifest, _ = verifying.manifest_of(given.folder)
    bar = Bar(_bytes_of(manifest), quiet=given.quiet)
    try:
        found, files = verifying.faults(given.folder, tell=bar.fetched)
    finally:
        bar.clear()
    name = _shown(f"{manifest.get('name')}@{manifest.get('version')}")
    who = ""
    try:
        who = _signer(given.folder, pinned)
    except Refused as fault:
        found.append(str(fault))
    if found:
        print(f"{name} in {given.folder} is not as published:", *map(_shown, found), sep="\n  ")
        return DIFFERS
    print(f"{name} in {given.folder}: {files} files, all as its manifest says.", who, sep="\n")
    return 0


def _signer(folder: Path, pinned: bytes | None) -> str:
    """Who signed the release, as far as is known here. Raises Refused when a signature is wrong, or not `pinned`'s."""
    if pinned is not None:
        return _shown(trust.check(folder, [pinned]))
    if not (folder / trust.CERTIFICATE).exists():
        return "It is not signed."
    if not trust.can_check():
        return f"Its signature was not checked: {trust.HOW}."
    keys = {key: origin for origin, each in trust.known(os.environ).items() for key in each}
    signer = trust.signer(folder)
    assert signer is not None  # the certificate is there
    if signer[0] in keys:
        return f"{_shown(trust.check(folder, keys))} That is a key of {keys[signer[0]]}."
    return f"Signed by {trust.key_id(signer[0])}, whom nobody vouches for here: give the site's public key with --key."


def _bytes_of(manifest: dict[str, object]) -> int:
    return sum(entry.size for entry in listing.of_manifest(manifest))


def _diff(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        old, new = (_folder(name, given, stack) for name in (given.old, given.new))
        found = diffing.compare(old, new)
    if given.json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(found, rows=given.rows)
    return 0 if found.is_empty else DIFFERS


def _folder(name: str, given: argparse.Namespace, stack: ExitStack) -> Path:
    """The folder of that name; else what is compared of the release, fetched into one that goes away."""
    if Path(name).is_dir():
        return Path(name)
    if "/" in name.partition("@")[0] and Path(name).is_absolute():
        raise Usage(f"{name} is no folder.")
    site = _connect(given)
    found = releases.find(site, name)
    area = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hillclimb-"))) / str(found)
    return pulling.some(site, found, area, diffing.NEEDED, retries=given.retries)


def _print(found: Difference, *, rows: bool) -> None:
    print(f"{found.old} → {found.new}")
    if found.is_empty and found.rows is not None:
        print("No difference.")
    for title, lines in (
        ("Made from", found.recipe),
        ("Rows by config and split", [f"{of}: {old:,} → {new:,}" for of, old, new in found.counts]),
        ("Files", [f"{change:<8} {path}" for change, path in found.files]),
        (
            "Rows",
            [f"{n:>9,} {change}{f': {why}' if why else ''}" for (change, why), n in found.totals().items()],
        ),
    ):
        if lines:
            print(f"\n{title}", *map(_shown, lines), sep="\n  ")
    if found.rows is not None:
        print(f"\n{found.kept:,} rows are as they were.")
    else:
        print(f"\n{found.why_no_rows}")
    if rows and found.rows is not None:
        print()
        for change, row, why in found.rows:
            print(_shown(row), change, _shown(why), sep="\t")


def _shown(text: str) -> str:
    """Text from elsewhere on one line, without what would steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)[:1000]
