"""What can go wrong, each with the exit code that scripts can rely on (README.md lists them)."""

from __future__ import annotations


class ClientError(Exception):
    """Base of every error that is told in one sentence. `code` is the exit code."""

    code = 70


class Usage(ClientError):
    """The command or its surroundings ask for something that has no meaning."""

    code = 2


class AccessRefused(ClientError):
    """No token, or one that the site does not take."""

    code = 3


class NotThere(ClientError):
    """The site knows no such release."""

    code = 4


class Withdrawn(ClientError):
    """The release was withdrawn: its tombstone says why."""

    code = 5


class Unreachable(ClientError):
    """The site does not answer, breaks off, or cannot serve the file. Trying again later may help."""

    code = 6


class Refused(ClientError):
    """The site sent what must not be taken: an unsafe path or redirect, more bytes than promised, other bytes."""

    code = 7


class LocalFault(ClientError):
    """This machine cannot keep the files: no room, no permission, another file in the way."""

    code = 8
