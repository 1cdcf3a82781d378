"""What the client has of httpx: its verbs, and how it makes a request of a URL.

The verbs are httpx's own.  They are named here all the same: subclasses and
tools look for them on the client's class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from starlette._testing._httpx import httpx

__all__ = ("URLCachingClient",)

# How many URLs a client remembers.
CACHED_URLS = 64


class URLCachingClient(httpx.Client):
    """An ``httpx.Client`` that parses a URL once, however often it is asked for."""

    _cached_urls: Optional[Dict[str, httpx.URL]] = None
    _cached_for: Optional[httpx.URL] = None

    def build_request(self, method: str, url: Any, **options: Any) -> httpx.Request:
        """Make a request; see ``httpx.Client.build_request``."""
        return super().build_request(method, self._absolute(url), **options)

    # Type checkers see what is inherited.
    if not TYPE_CHECKING:  # pragma: no branch - never false where code runs
        request = httpx.Client.request
        get = httpx.Client.get
        options = httpx.Client.options
        head = httpx.Client.head
        post = httpx.Client.post
        put = httpx.Client.put
        patch = httpx.Client.patch
        delete = httpx.Client.delete

    def _absolute(self, url: Any) -> Any:
        # httpx parses a URL, and merges it with the base URL, at each request;
        # that was a quarter of its time.
        if not isinstance(url, str) or self.params:
            return url
        if self._cached_urls is None or self._cached_for is not self.base_url:
            self._cached_urls, self._cached_for = {}, self.base_url
        elif len(self._cached_urls) >= CACHED_URLS:
            self._cached_urls.clear()
        absolute = self._cached_urls.get(url)
        if absolute is None:
            absolute = super().build_request("GET", url).url
            self._cached_urls[url] = absolute
        return absolute
