"""What an answer has to be, and the error that says how it is not."""

from __future__ import annotations

import json
import re
import reprlib
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from benchmarks.scopes import Message

__all__ = ("Answer", "WrongAnswer", "require")


class WrongAnswer(Exception):
    """A contender did not do the work of the case.

    Attributes:
        what: The part of the answer that is wrong.
        expected: What it had to be.
        got: What it was.
    """

    def __init__(self, what: str, expected: object, got: object) -> None:
        must, was = reprlib.repr(expected), reprlib.repr(got)
        super().__init__(f"{what} must be {must}, but got {was}")
        self.what = what
        self.expected = expected
        self.got = got


def require(what: str, expected: object, got: object) -> None:
    """Compare one part of an answer.

    Raises:
        WrongAnswer: If *got* is not *expected*.
    """
    if expected != got:
        raise WrongAnswer(what, expected, got)


@dataclass(frozen=True)
class Answer:
    """What an HTTP response has to be.

    Attributes:
        status: The status code.
        body: The body, byte by byte; None leaves it to the others.
        json: The value that the body decodes to, for frameworks whose encoders
            differ in white space; ``...`` leaves it out.
        headers: Header name in lower case to a pattern that its value matches
            in full.
        has_length: Whether ``Content-Length`` must be there and true.
        decode: Applied to the body before it is compared, to decompress it.
    """

    status: int = 200
    body: Optional[bytes] = None
    json: Any = ...
    headers: Mapping[str, str] = field(default_factory=dict)
    has_length: bool = True
    decode: Callable[[bytes], bytes] = bytes

    def check(self, messages: Sequence[Message]) -> None:
        """Compare what was sent.

        Raises:
            WrongAnswer: If anything differs.
        """
        kinds = [message["type"] for message in messages]
        require("first message", "http.response.start", (kinds or [None])[0])
        require("others", {"http.response.body"}, set(kinds[1:]))
        require("status", self.status, messages[0]["status"])
        require("end of body", False, messages[-1].get("more_body", False))
        body = b"".join(message.get("body", b"") for message in messages[1:])
        self._check_headers(messages[0].get("headers", ()), len(body))
        body = self.decode(body)
        if self.body is not None and body != self.body:
            raise WrongAnswer("body", self.body, body)
        if self.json is not ...:
            require("JSON", self.json, json.loads(body))

    def _check_headers(self, headers: Any, length: int) -> None:
        found: Dict[str, str] = {}
        for name, value in headers:
            found[bytes(name).decode().lower()] = bytes(value).decode("latin-1")
        if self.has_length or "content-length" in found:
            require("Content-Length", str(length), found.get("content-length"))
        for name, pattern in self.headers.items():
            if not re.fullmatch(pattern, found.get(name, "")):
                raise WrongAnswer(name, pattern, found.get(name))
