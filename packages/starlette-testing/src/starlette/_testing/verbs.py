"""The request methods of the client, spelled out.

httpx has them all; that they are defined here is part of the interface, for
subclasses and tools that look for them on the class.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from starlette._testing._httpx import httpx

__all__ = ("Verbs",)

_DEFAULT = httpx.USE_CLIENT_DEFAULT


class Verbs(httpx.Client):
    """An ``httpx.Client`` whose verbs all go through ``request``."""

    def request(
        self,
        method: str,
        url: Any,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a request and return its response; see ``httpx.Client.request``.

        Args:
            method: Any method.
            url: Absolute, or relative to the client's ``base_url``.
            content: The body: ``bytes``, ``str`` or an iterable of ``bytes``.
            data: Form fields.
            files: Files of a multipart form.
            json: A value to send as JSON.
            params: The query; it replaces that of *url*.
            headers: Beside those of the client.
            cookies: Beside those of the client.
            auth: Instead of that of the client.
            follow_redirects: Instead of the client's choice.
            timeout: How long the application may take, in seconds.
            extensions: For the transport.

        Raises:
            httpx.ReadTimeout: The application took too long.
            BaseException: Whatever the application raised.
        """
        return super().request(
            method,
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def get(
        self,
        url: Any,
        *,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``GET`` request; see ``request``."""
        return self.request(
            "GET",
            url,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def options(
        self,
        url: Any,
        *,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``OPTIONS`` request; see ``request``."""
        return self.request(
            "OPTIONS",
            url,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def head(
        self,
        url: Any,
        *,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``HEAD`` request; see ``request``."""
        return self.request(
            "HEAD",
            url,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def delete(
        self,
        url: Any,
        *,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``DELETE`` request; see ``request``."""
        return self.request(
            "DELETE",
            url,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def post(
        self,
        url: Any,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``POST`` request; see ``request``."""
        return self.request(
            "POST",
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def put(
        self,
        url: Any,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``PUT`` request; see ``request``."""
        return self.request(
            "PUT",
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )

    def patch(
        self,
        url: Any,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = _DEFAULT,
        follow_redirects: Any = _DEFAULT,
        timeout: Any = _DEFAULT,
        extensions: Optional[Mapping[str, Any]] = None,
    ) -> httpx.Response:
        """Send a ``PATCH`` request; see ``request``."""
        return self.request(
            "PATCH",
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            timeout=timeout,
            extensions=extensions,
        )
