"""Fetching a release: whole files only, each by its digest, going on where a pull was killed.

What is under way lies in `.hillclimb/<sha256>.part` inside the folder. The name says which bytes it must become, so a
part is never continued with another file's bytes; a finished file gets its own name by one rename.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from hillclimb import releases
from hillclimb.errors import LocalFault, Refused, Unreachable
from hillclimb.listing import MANIFEST, Entry
from hillclimb.progress import Bar, size
from hillclimb.releases import Found
from hillclimb.wire import Site

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: two pulls into one folder are then yours to avoid
    fcntl = None

STATE = ".hillclimb"
BLOCK = 256 * 1024
LONGEST_WAIT = 30.0
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class _BrokeOff(Exception):
    """The connection ended before the file did."""


def digest(path: Path, tell: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file in hex, read in pieces."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK * 4):
            found.update(block)
            if tell is not None:
                tell(len(block))
    return found.hexdigest()


def pull(
    site: Site,
    found: Found,
    folder: Path,
    *,
    bar: Bar,
    retries: int,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Make `folder` hold the release; returns how many files had to be fetched.

    Raises Refused, Unreachable, AccessRefused, Withdrawn, and LocalFault. What came so far stays for the next run.
    """
    with _mine(folder) as state:
        one = _Pull(site, found, folder, state, bar, retries, sleep)
        fetched = int(one.have(found.entry(MANIFEST)))
        releases.check_manifest(found, _manifest(folder))
        rest = [entry for entry in found.files if entry.path != MANIFEST]
        one.make_room(rest)
        fetched += sum(one.have(entry) for entry in rest)
        shutil.rmtree(state)
        return fetched


def some(site: Site, found: Found, folder: Path, paths: Sequence[str], *, retries: int) -> Path:
    """Make `folder` hold those files of the release that it has of `paths`; returns `folder`. Raises as `pull` does."""
    with _mine(folder) as state:
        one = _Pull(site, found, folder, state, Bar(0, quiet=True), retries, time.sleep)
        for entry in found.files:
            if entry.path in paths:
                one.have(entry)
        releases.check_manifest(found, _manifest(folder))
    return folder


def _manifest(folder: Path) -> object:
    try:
        return json.loads((folder / MANIFEST).read_bytes())
    except (ValueError, RecursionError):
        raise Refused(f"{MANIFEST} is no JSON.") from None


@contextmanager
def _mine(folder: Path) -> Iterator[Path]:
    """The folder for parts, with `folder` held against other pulls. OSError becomes LocalFault."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY) if fcntl is not None else -1
        try:
            if fcntl is not None:
                _lock(handle, folder)
            state = folder / STATE
            state.mkdir(exist_ok=True)
            if state.is_symlink():
                raise LocalFault(f"{state} is a link. Remove it.")
            yield state
        finally:
            if handle >= 0:
                os.close(handle)
    except OSError as error:
        raise LocalFault(f"The files cannot be kept in {folder}: {error.strerror or error}.") from None


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise LocalFault(f"Another pull writes into {folder}. Let it end first.") from None
        # Some network file systems have no locks; then there is none.


class _Pull:
    def __init__(
        self, site: Site, found: Found, folder: Path, state: Path, bar: Bar, retries: int,
        sleep: Callable[[float], None],
    ) -> None:  # fmt: skip
        self._site, self._found, self._folder, self._state = site, found, folder, state
        self._bar, self._retries, self._sleep = bar, retries, sleep

    def have(self, entry: Entry) -> bool:
        """Make one file be there; whether it had to be fetched."""
        target = self._place(entry)
        if self._is_there(entry, target):
            self._bar.have(entry.size)
            self._bar.file(entry.path, "have")
            return False
        part = self._state / f"{entry.sha256}.part"
        self._fetch(entry, part)
        part.replace(target)
        _sync(target.parent)
        self._bar.file(entry.path, "got ")
        return True

    def make_room(self, entries: list[Entry]) -> None:
        """Raise LocalFault when the rest will not fit."""
        missing = sum(entry.size for entry in entries if not (self._folder / entry.path).exists())
        missing -= sum(part.stat().st_size for part in self._state.glob("*.part"))
        if missing > (free := shutil.disk_usage(self._folder).free):
            raise LocalFault(f"{self._folder} has {size(free)} of room; {size(missing)} are still to come.")

    def _place(self, entry: Entry) -> Path:
        """Where a file goes, its folders made. Raises LocalFault where a link would lead out of the folder."""
        place = self._folder
        for part in entry.path.split("/")[:-1]:
            place = place / part
            if place.is_symlink():
                raise LocalFault(f"{place} is a link. Files go into real folders only: remove it.")
            place.mkdir(exist_ok=True)
        return place / entry.path.rpartition("/")[2]

    def _is_there(self, entry: Entry, target: Path) -> bool:
        """Whether the file is there already. Raises LocalFault when another one is in its place."""
        if not os.path.lexists(target):
            return False
        sound = target.is_file() and not target.is_symlink() and target.stat().st_size == entry.size
        if sound and digest(target) == entry.sha256:
            return True
        raise LocalFault(
            f"{target} is another file than {self._found} has. Nothing is written over: remove it, or give another "
            "folder with --to."
        )

    def _fetch(self, entry: Entry, part: Path) -> None:
        """Make `part` be the file's bytes. Raises Refused when it will not become them."""
        for again in (True, False):
            self._complete(entry, part)
            if digest(part) == entry.sha256:
                return
            part.unlink()
            self._bar.lost(entry.size)
            if again:
                self._bar.say(f"{entry.path} came damaged; it is fetched once more.")
        raise Refused(
            f"{entry.path} is not the file that was published: its SHA-256 differs. It was not kept."
        )

    def _complete(self, entry: Entry, part: Path) -> None:
        """Fetch until `part` has the file's size, trying again while tries are left or bytes arrive."""
        tries = 0
        with _opened(part) as file:
            there = file.seek(0, os.SEEK_END)
            if there > entry.size:
                there = file.seek(0)
                file.truncate()
            self._bar.have(there)
            while there < entry.size:
                before = there
                try:
                    self._continue(entry, file, there)
                except (Unreachable, _BrokeOff) as fault:
                    there = file.seek(0, os.SEEK_END)
                    tries = 0 if there > before else tries + 1
                    if tries > self._retries:
                        raise _given_up(fault, entry) from None
                    wait = min(LONGEST_WAIT, 2.0 ** max(tries - 1, 0))
                    self._bar.say(f"{fault} Going on in {wait:.0f} s.")
                    self._sleep(wait)
                there = file.seek(0, os.SEEK_END)
            file.flush()
            os.fsync(file.fileno())

    def _continue(self, entry: Entry, file: BinaryIO, there: int) -> None:
        """Append to `file` from byte `there` on. Raises _BrokeOff, Unreachable, Refused."""
        asked = {"Range": f"bytes={there}-", "If-Range": f'"{entry.sha256}"'} if there else {}
        with self._site.open(self._found.path_of(entry), asked) as answer:
            if answer.status == 416 or (answer.status == 200 and there):
                self._bar.lost(there)
                there = file.seek(0)
                file.truncate()
            if answer.status == 416:
                raise _BrokeOff(f"The site has no more of {entry.path}.")
            _check_head(answer, entry, there)
            file.seek(there)
            left = entry.size - there
            while True:
                try:
                    # One more than is left: what is longer than promised is noticed, and not kept.
                    block = answer.read1(min(BLOCK, left + 1))
                except (OSError, http.client.HTTPException) as error:
                    raise _BrokeOff(f"The connection broke off ({type(error).__name__}).") from None
                if len(block) > left:
                    file.truncate(0)
                    raise Refused(
                        f"The site sends more of {entry.path} than the {entry.size:,} bytes it promised."
                    )
                if not block:
                    break
                file.write(block)
                left -= len(block)
                self._bar.fetched(len(block))
            if left:
                raise _BrokeOff("The connection broke off.")


def _given_up(fault: Exception, entry: Entry) -> Unreachable:
    return Unreachable(
        f"{fault} {entry.path} is incomplete; what came is kept. Run the command again to go on."
    )


def _check_head(answer: http.client.HTTPResponse, entry: Entry, there: int) -> None:
    """Raise Refused unless the answer announces the bytes that were asked for."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(f"{entry.path} comes in another encoding than it was published in.")
    if answer.status == 206:
        span = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if span is None or (int(span[1]), int(span[2]), int(span[3])) != (there, entry.size - 1, entry.size):
            raise Refused(f"The site sends another part of {entry.path} than was asked for.")
    elif answer.status != 200:
        raise Unreachable(f"The site answered {answer.status}.")
    announced = answer.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > entry.size - there:
        raise Refused(
            f"The site announces {int(announced):,} bytes for {entry.path}, more than the {entry.size - there:,} it promised."
        )


def _opened(part: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(part, flags, 0o666), "r+b")


def _sync(folder: Path) -> None:
    """Make a rename survive a power cut, where folders can be synced."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
