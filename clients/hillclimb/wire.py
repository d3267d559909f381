"""Requests to the site: GET only, no redirect that leaves it, answers no longer than they may be."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import quote, urlsplit

from hillclimb import __version__
from hillclimb.access import hidden
from hillclimb.errors import AccessRefused, ClientError, NotThere, Refused, Unreachable, Withdrawn

MAX_JSON = 64 * 1024 * 1024
MAX_REASON = 64 * 1024


class _SameSite(urllib.request.HTTPRedirectHandler):
    """Follows a redirect on the very same origin; any other would take the token, or us, somewhere else."""

    max_redirections = 3

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The next request. Raises Refused when it leaves the site."""
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            fp.close()
            raise Refused(
                f"The site answered with a redirect to {there.scheme}://{there.hostname}, which is another site. "
                "It was not followed. If the site has moved, give its new address."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Site:
    """One site and the token for it."""

    def __init__(self, origin: str, token: str, *, timeout: float = 60.0) -> None:
        self.origin = origin
        self._token = token
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_SameSite())

    def open(self, path: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
        """The answer to GET `path` (status 200, 206 or 416), to be read and closed. Raises ClientError for others."""
        request = urllib.request.Request(
            self.origin + quote(path, safe="/?=&%"),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/json, application/octet-stream",
                # A body in another encoding could not be resumed by its bytes.
                "Accept-Encoding": "identity",
                "User-Agent": f"hillclimb/{__version__}",
                **(headers or {}),
            },
        )
        try:
            answer = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            if error.code == 416:
                return error  # type: ignore[return-value]  # an HTTPError is the answer as well
            with error:
                raise self._told(error) from None
        except urllib.error.URLError as error:
            raise Unreachable(f"{self.origin} cannot be reached: {error.reason}.") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.origin} broke off: {type(error).__name__}.") from None
        opened: http.client.HTTPResponse = answer
        return opened

    def json(self, path: str) -> Any:
        """The JSON answer to GET `path`. Raises ClientError."""
        return parsed(self.small(path), path)

    def small(self, path: str) -> bytes:
        """The whole answer to GET `path`. Raises Refused when it is longer than anything we ask for."""
        with self.open(path) as answer:
            try:
                body = answer.read(MAX_JSON + 1)
            except (OSError, http.client.HTTPException) as error:
                raise Unreachable(f"{self.origin} broke off: {type(error).__name__}.") from None
        if len(body) > MAX_JSON:
            raise Refused(f"{path} is longer than {MAX_JSON // 1024**2} MiB. It was not read to its end.")
        return body

    def _told(self, error: urllib.error.HTTPError) -> ClientError:
        """The site's refusal as an error of ours, in the site's own words where it sent any."""
        try:
            said = json.loads(error.read(MAX_REASON))
            detail = str(said["detail"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError, http.client.HTTPException):
            detail = ""
        words = "".join(c for c in hidden(detail)[:1000] if c.isprintable())
        kinds: dict[int, tuple[type[ClientError], str]] = {
            401: (AccessRefused, "The site does not take this token."),
            403: (AccessRefused, "This token may not do that."),
            404: (NotThere, "There is no such release, or none that this token may see."),
            410: (Withdrawn, "This release was withdrawn."),
        }
        if 300 <= error.code < 400:
            return Refused("The site answered with a redirect that leads nowhere safe. It was not followed.")
        kind, otherwise = kinds.get(error.code, (Unreachable, f"The site answered {error.code}."))
        return kind(words or otherwise)


def parsed(body: bytes, what: str) -> Any:
    """JSON from the site. Raises Refused when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(
            f"{what} is no JSON. Is this the address of a Hillclimb site, and nothing stands between?"
        ) from None
