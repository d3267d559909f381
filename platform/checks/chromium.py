"""Finds Chromium and starts it caged: never as root, without a network, its profile its own.

Playwright is told to run a small shell script. As root the script becomes, before Chromium starts, a user that owns nothing but the
profile folder, by `setpriv`, so that Chromium's own sandbox stays on; the pipe Playwright speaks
over (file descriptors 3 and 4) passes through `exec` untouched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from shlex import quote

from checks.verdict import clipped

CANDIDATES = (
    "/usr/lib/chromium/chromium",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/opt/google/chrome/chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# systemd leaves 60706 to 61183 to nobody; one user per browser process keeps browsers apart from each other too.
FIRST_UID = 60_706
UIDS = 400
# V8's own limit: a page that eats memory dies alone, before the watchdog has to end the whole browser.
HEAP_MIB = 1024


class ChromiumMissing(RuntimeError):
    """There is no Chromium, or it does not start; the message says what to do."""


@cache
def find() -> Path:
    """The Chromium to use: `CHROMIUM`, a usual place, the PATH, or Playwright's own. Raises ChromiumMissing."""
    if named := os.environ.get("CHROMIUM"):
        # Debian's launcher is a shell script that adds flags; the program beside it is what is meant.
        real = Path("/usr/lib/chromium/chromium")
        if Path(named).resolve() == Path("/usr/bin/chromium") and real.exists():
            return real
        if os.access(named, os.X_OK):
            return Path(named)
        raise ChromiumMissing(f"CHROMIUM names {named}, which cannot be run.")
    for candidate in CANDIDATES:
        if os.access(candidate, os.X_OK):
            return Path(candidate)
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return Path(found)
    root = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    for found_path in sorted(root.glob("chromium-*/chrome-linux*/chrome"), reverse=True):
        return found_path
    raise ChromiumMissing(
        "No Chromium was found. Install one (apt install chromium) or set CHROMIUM to its path."
    )


def flags() -> list[str]:
    """Chromium's flags: nothing resolves, nothing connects, nothing is kept, and everything draws the same way."""
    return [
        "--proxy-server=http://127.0.0.1:9",
        # Without this a proxy is not asked for loopback addresses, and the machine's own servers could be reached.
        "--proxy-bypass-list=<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-domain-reliability",
        "--disable-sync",
        "--no-pings",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-extensions",
        "--disable-file-system",
        "--disable-notifications",
        "--disable-speech-api",
        "--disable-print-preview",
        "--disable-breakpad",
        "--deny-permission-prompts",
        "--mute-audio",
        "--autoplay-policy=user-gesture-required",
        "--force-color-profile=srgb",
        "--font-render-hinting=none",
        "--disable-lcd-text",
        "--hide-scrollbars",
        "--disable-gpu",
        # Where there is no GPU, WebGL pages draw in software instead of failing.
        "--enable-unsafe-swiftshader",
        "--renderer-process-limit=2",
        f"--js-flags=--max-old-space-size={HEAP_MIB}",
        "--disable-features=Translate,MediaRouter,OptimizationHints,InterestFeedContentSuggestions,AutofillServerCommunication,"
        "CertificateTransparencyComponentUpdater,DialMediaRouteProvider,WebBluetooth,WebUSB,Prerender2,SpareRendererForSitePerProcess",
    ]


@cache
def can_unshare() -> bool:
    """Whether a browser can be given a network of its own, with nothing in it."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "-n", "true"], capture_output=True, timeout=10, check=False).returncode
        == 0
    )


_given: set[int] = set()


def run_as() -> int | None:
    """A user id that nobody is using, for one browser; None to stay who we are. Give it back with `give_back`."""
    if os.geteuid() != 0:
        return None
    used = set(_given)
    for entry in os.scandir("/proc") if Path("/proc").is_dir() else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                used.add(entry.stat().st_uid)
    # Each worker starts looking elsewhere, so that two starting at once do not choose the same.
    for step in range(UIDS):
        uid = FIRST_UID + (os.getpid() + step) % UIDS
        if uid not in used:
            _given.add(uid)
            return uid
    raise ChromiumMissing(f"All {UIDS} user ids kept for browsers are in use; are browsers left running?")


def give_back(uid: int | None) -> None:
    """The browser that ran as `uid` is gone."""
    if uid is not None:
        _given.discard(uid)


def new_folder() -> Path:
    """A private folder for one browser; folders of browsers that are gone are removed on the way."""
    root = Path(tempfile.gettempdir())
    for old in root.glob("hillclimb-chromium-*"):
        with contextlib.suppress(OSError, ValueError):
            owner = int(old.name.split("-")[2])
            if old.owner() == Path("/proc/self").owner() and not _alive(owner):
                shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"hillclimb-chromium-{os.getpid()}-"))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_launcher(folder: Path, uid: int | None) -> Path:
    """Write the script Playwright starts; it leaves its process id in `folder`/pid, which exec keeps.

    The profile goes into `folder`, wherever Playwright wanted it, so that removing the folder removes all of it.

    `folder` must be private to us; as root it is opened to the browser's user, who may only pass through it.
    Raises ChromiumMissing where root has no `setpriv`.
    """
    program = find()
    home = folder / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    command = ["exec"]
    lines = ["#!/bin/sh", "set -eu", "umask 077", f"echo $$ > {quote(str(folder / 'pid'))}"]
    lines += [
        "for word do shift",
        f'  case "$word" in --user-data-dir=*) word=--user-data-dir={quote(str(home / "profile"))} ;; esac',
        '  set -- "$@" "$word"',
        "done",
    ]
    if uid is not None:
        if shutil.which("setpriv") is None:
            raise ChromiumMissing(
                "Chromium must not run as root, and `setpriv` (util-linux) is missing to change user."
            )
        os.chown(home, uid, uid)
        folder.chmod(0o711)
        if can_unshare():
            command += ["unshare", "-n", "--"]
        command += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
        command += ["--pdeathsig", "KILL", "--inh-caps=-all", "--"]
    # Nothing of our environment, where secrets live, reaches a process that runs hostile code.
    environment = {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(home),
    }
    command += ["env", "-i", *(f"{name}={quote(value)}" for name, value in environment.items())]
    lines.append(" ".join([*command, quote(str(program)), '"$@"']))
    script = folder / "chromium.sh"
    script.write_text("\n".join(lines) + "\n")
    script.chmod(0o755)
    return script


def why_it_failed(error: BaseException) -> str:
    """A start-up error in words an operator can act on."""
    text = str(error)
    if "No usable sandbox" in text or "Operation not permitted" in text or "zygote_host" in text:
        return (
            "Chromium could not set up its sandbox. Allow unprivileged user namespaces (sysctl"
            " kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or give the worker's"
            " container the seccomp profile in deploy/."
        )
    if "error while loading shared libraries" in text:
        return "Chromium lacks system libraries. Install the distribution's chromium package."
    return f"Chromium did not start: {clipped(text, 300)}"
