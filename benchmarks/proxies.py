"""Proxies in front of the site as `deploy/` sets them up, nginx and Caddy, on loopback; ended by id."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import await_port
from dev import places
from dev.stores import free_port

DEPLOY = places.ROOT / "deploy"
# What each passes to the site as ACCEL_PREFIX.
PREFIX = {"nginx": "/releases-inside/", "caddy": "/releases/"}
PLAIN = "/plain/"  # where nginx sends the same files without asking the site
_NGINX = """
daemon off; {user} worker_processes auto; pid {area}/nginx.pid; error_log {area}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on;
    client_body_temp_path {area}/body; proxy_temp_path {area}/proxy; fastcgi_temp_path {area}/fastcgi;
    uwsgi_temp_path {area}/uwsgi; scgi_temp_path {area}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{site}; proxy_set_header Host {host}; }}
        location {plain} {{ alias {releases}/; }}
        {snippet}
    }}
}}
"""


def missing(name: str) -> bool:
    """Whether this proxy is not on the machine."""
    return shutil.which(name) is None


@contextmanager
def proxied(name: str, *, site: int, host: str, releases: Path) -> Iterator[int]:
    """nginx or Caddy before the site on port `site`, which it calls `host`, with its releases; yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        area = Path(folder)
        argv, env = (_nginx if name == "nginx" else _caddy)(area, port, site, host, releases)
        process = subprocess.Popen(argv, env={**os.environ, **env}, stderr=subprocess.DEVNULL)
        try:
            await_port(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(15)


def _nginx(area: Path, port: int, site: int, host: str, releases: Path) -> tuple[list[str], dict[str, str]]:
    snippet = (DEPLOY / "nginx-releases.conf").read_text().replace("/var/hillclimb/releases", str(releases))
    # Its workers would be somebody who may not look into our folders.
    user = "user root;" if os.geteuid() == 0 else ""
    (area / "nginx.conf").write_text(
        _NGINX.format(
            user=user,
            area=area,
            port=port,
            site=site,
            host=host,
            plain=PLAIN,
            releases=releases,
            snippet=snippet,
        )
    )
    return ["nginx", "-e", str(area / "error.log"), "-c", str(area / "nginx.conf")], {}


def _caddy(area: Path, port: int, site: int, host: str, releases: Path) -> tuple[list[str], dict[str, str]]:
    text = (DEPLOY / "Caddyfile").read_text()
    text = text.replace("web:8000 {", f"127.0.0.1:{site} {{\n\t\theader_up Host {host}", 1)
    # It looks for the folder `releases`, whatever ours is called.
    (area / "releases").symlink_to(releases)
    text = text.replace("/var/hillclimb", str(area))
    (area / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n" + text)
    env = {
        "APP_ORIGIN": f"http://127.0.0.1:{port}",
        "PREVIEW_ORIGIN": f"http://127.0.0.2:{port}",
        "XDG_DATA_HOME": str(area),
        "XDG_CONFIG_HOME": str(area),
    }
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(area / "Caddyfile")], env
