"""What both clients begin with."""

from __future__ import annotations

from typing import Dict, Optional

from starlette._testing._httpx import httpx

__all__ = (
    "CANCEL_TIMEOUT",
    "DEFAULT_TIMEOUT",
    "LEAVE_TIMEOUT",
    "MAX_WAIT",
    "CookieJar",
    "with_user_agent",
)

# All in seconds.
# How long anything may take, so that no test hangs for ever.
MAX_WAIT = 300.0
# How long a WebSocket session waits for the application, unless told.
DEFAULT_TIMEOUT = 60.0
# How long an application whose client has left may go on.
LEAVE_TIMEOUT = 30.0
# How long a cancelled application may take to end.
CANCEL_TIMEOUT = 30.0


class CookieJar(httpx.Cookies):
    """Cookies that look at a response only if it sets some.

    httpx copies request and response into the types of ``urllib`` to find that
    out, which took a quarter of the time of a request.
    """

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep the cookies of *response*."""
        if "set-cookie" in response.headers:
            super().extract_cookies(response)


def with_user_agent(headers: Optional[Dict[str, str]]) -> httpx.Headers:
    """Return the client's headers; without a ``user-agent`` it is ``testclient``."""
    merged = httpx.Headers(headers)
    merged.setdefault("user-agent", "testclient")
    return merged
