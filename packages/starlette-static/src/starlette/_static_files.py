"""The application that serves folders.

One trip to a worker thread finds, opens, measures, compares and reads
(``_static_finder.py``); what comes back is sent from here.  The steps between are
the methods that programs override.  Where one is overridden, it is called with what
it has always been called with.
"""

from __future__ import annotations

import os
from functools import partial
from typing import (
    Any,
    Awaitable,
    Callable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._slashes import redirect_target
from starlette._static_finder import Finder, Listing, Outcome, Redirect
from starlette._static_folders import PathLike, check_folder, find_folders
from starlette._static_headers import CacheControl, HeaderCache, make_policy
from starlette._static_manifest import Manifest
from starlette._static_negotiation import (
    CODINGS,
    is_unchanged_since,
    matches_etag,
)
from starlette._static_paths import normal_path
from starlette._static_request import FileRequest
from starlette._static_response import Found, StaticFileResponse, not_modified
from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.types import Receive, Scope, Send

__all__ = ("StaticFiles",)


class StaticFiles:
    """An ASGI application that serves the files of folders.

    GET and HEAD, with conditions and ranges.  Nothing outside of the folders is
    served, whatever the path says and whoever changes links meanwhile.

    Args:
        directory: A folder.  Looked in before those of *packages*.
        packages: Names of packages that have a folder ``statics``, or pairs of a
            package and the name of its folder.
        html: Whether ``index.html`` stands for its folder, and ``404.html`` for
            what is missing.
        check_dir: Whether a missing *directory* is an error now, and not only at
            the first request.
        follow_symlink: Whether symbolic links may lead out of the folder.
        cache_control: The ``Cache-Control`` of every file; or a mapping of patterns,
            as ``{"img/*": "max-age=3600"}``, the first that matches; or a function
            from a path to the header or ``None``.  It is asked once for each version
            of a file.  Files with hashed names, which *manifest* tells, are immutable
            unless a pattern or the function says otherwise.
        precompressed: Whether to send ``app.js.br`` for ``app.js`` to those who accept
            it: ``True`` for zstd, Brotli and gzip, or a list of codings, the preferred
            one first.  A sibling older than its file is not sent.
        fallback: The file that is sent for a page that is no file, such as
            ``"index.html"`` of a single-page application.
        fallback_exclude: Paths below which there are no such pages: ``["api"]``.
        manifest: What the files of a build are called: its manifest, by a path that
            starts from the folder, or as a mapping.
        listing: Whether a folder without an index is answered with a list of what is
            in it.
        hidden: Whether names that begin with a dot are served.  ``.well-known`` is.

    Attributes:
        directory: As given.
        packages: As given.
        all_directories: All folders, in the order in which they are looked in.
        html: As given.
        follow_symlink: As given.
        config_checked: Whether the folder was seen to be there.

    Raises:
        RuntimeError: If *directory* or *manifest* is not there.
        AssertionError: If a package or its folder is not there.
        ValueError: If an option cannot be.
    """

    def __init__(
        self,
        *,
        directory: Optional[PathLike] = None,
        packages: Optional[List[Union[str, Tuple[str, str]]]] = None,
        html: bool = False,
        check_dir: bool = True,
        follow_symlink: bool = False,
        cache_control: CacheControl = None,
        precompressed: Union[bool, Sequence[str]] = False,
        fallback: Optional[str] = None,
        fallback_exclude: Sequence[str] = (),
        manifest: Union[PathLike, Mapping[str, Any], None] = None,
        listing: bool = False,
        hidden: bool = False,
    ) -> None:
        self.directory = directory
        self.packages = packages
        self.all_directories: List[PathLike] = self.get_directories(directory, packages)
        self.html = html
        self.config_checked: bool = False
        self.follow_symlink = follow_symlink
        if check_dir and directory is not None and not os.path.isdir(directory):
            raise RuntimeError(f"Directory '{directory}' does not exist")
        self.manifest: Optional[Manifest] = _manifest(manifest, self.all_directories)
        hashed = self.manifest.hashed if self.manifest else frozenset()
        policy = make_policy(cache_control, hashed.__contains__)
        codings = _codings(precompressed)
        self._finder = Finder(
            self,
            HeaderCache(policy, bool(codings)),
            codings=codings,
            fallback=fallback,
            fallback_exclude=_prefixes(fallback_exclude),
            listing=listing,
            hidden=hidden,
            chunk_size=StaticFileResponse.chunk_size,
        )
        own = type(self)
        if own.lookup_path is not StaticFiles.lookup_path:
            self._finder.lookup = self.lookup_path
        # Functions of the program may use whatever works in a thread.
        is_ours = self._finder.lookup is None and not callable(cache_control)
        self._in_thread: Callable[..., Awaitable[Outcome]]
        self._in_thread = _call_apart if is_ours else run_in_threadpool
        # Whoever decides about "not modified" in another way decides afterwards.
        self._finder.decides = (
            own.is_not_modified is StaticFiles.is_not_modified
            and own.file_response is StaticFiles.file_response
        )

    def get_directories(
        self,
        directory: Optional[PathLike] = None,
        packages: Optional[List[Union[str, Tuple[str, str]]]] = None,
    ) -> List[PathLike]:
        """Return the folders to look in, *directory* first.

        Raises:
            AssertionError: If a package, or the folder in it, is not there.
        """
        return find_folders(directory, packages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a WebSocket is refused.

        Raises:
            HTTPException: Inside of an application that answers them.
            RuntimeError: If the folder is not there.
            AssertionError: If *scope* is neither HTTP nor a WebSocket.
        """
        if scope["type"] != "http":
            await _refuse(scope, receive, send)
            return
        if not self.config_checked:
            await self.check_config()
            self.config_checked = True
        try:
            response = await self.get_response(self.get_path(scope), scope)
        except HTTPException as error:
            # Without an application around, nobody else would answer.
            if "app" in scope:
                raise
            status, headers = error.status_code, error.headers
            response = PlainTextResponse(error.detail, status, headers)
        await response(scope, receive, send)

    def get_path(self, scope: Scope) -> str:
        """Return the path of a request inside of the folder.

        It is relative, without ``.`` and ``..`` unless it leads out, with the
        separators of the operating system; ``"."`` is the folder itself.
        """
        return normal_path(get_route_path(scope))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the response for *path*, as ``get_path`` gives it.

        Raises:
            HTTPException: 405, if the method is not GET or HEAD; 404, if there is
                nothing to serve; 401, if it may not be read.
        """
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        request = FileRequest(scope)
        if request.is_conditional:
            known = self._finder.find_unchanged(path, request)
            if known is not None:
                return not_modified(known)
        outcome = await self._in_thread(partial(self._finder.find, path, request))
        if isinstance(outcome, Found):
            return self.file_response(outcome, outcome.status, scope, outcome.answers)
        if isinstance(outcome, Listing):
            return HTMLResponse(outcome.page, headers=outcome.headers)
        if outcome is Redirect:
            scope = {**scope, "path": scope["path"] + "/"}
            scope.pop("raw_path", None)
            return RedirectResponse(redirect_target(scope))
        raise HTTPException(404)

    def lookup_path(self, path: str) -> Tuple[str, Optional[os.stat_result]]:
        """Return where *path* is, and its status; called in a worker thread.

        Returns:
            ``("", None)`` if there is no such file or folder, or it is not served.

        Raises:
            HTTPException: 401, if it may not be read.
        """
        found = self._finder.locate(path)
        if found is None:
            return "", None
        found.close()
        full_path = str(found)
        if not self.follow_symlink:
            full_path = os.path.realpath(full_path)
        return full_path, found.status

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the response for a file: itself, or a 304.

        Args:
            full_path: Where it is.
            stat_result: Its status.
            scope: The scope of the request.
            status_code: The status of the response, if it is the file.
        """
        found = full_path
        if not isinstance(found, Found):
            found = self._finder.outside(os.fspath(full_path), stat_result)
        headers = self._finder.headers_of(found)
        if found.is_not_modified:
            return not_modified(headers)
        response = StaticFileResponse(found, headers, status_code)
        if found.is_not_modified is None and self.is_not_modified(
            response.headers, Headers(scope=scope)
        ):
            found.close()
            return not_modified(headers)
        return response

    def is_not_modified(
        self, response_headers: Headers, request_headers: Headers
    ) -> bool:
        """Tell whether the client has what would be sent (RFC 9110, 13.2.2).

        ``If-Modified-Since`` counts only without ``If-None-Match``.
        """
        etag = response_headers.get("etag")
        names = request_headers.getlist("if-none-match")
        if names:
            return etag is not None and matches_etag(",".join(names), etag)
        since = request_headers.get("if-modified-since")
        modified = response_headers.get("last-modified")
        if since is None or modified is None:
            return False
        return is_unchanged_since(since, modified)

    async def check_config(self) -> None:
        """See that the folder is there; called before the first request.

        Raises:
            RuntimeError: If it is not there, or is no folder.
        """
        if self.directory is not None:
            await run_in_threadpool(check_folder, self.directory)

    def resolve_url_path(self, path: str) -> str:
        """Return what *path* is called in this build; asked by ``url_for``."""
        if self.manifest is None:
            return path
        return self.manifest.names.get(path, path)


async def _call_apart(find: Callable[[], Outcome]) -> Outcome:
    # Imported here: a program that gets no request starts no thread.
    from starlette._threads import call_apart

    return await call_apart(find)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        raise AssertionError(
            f"StaticFiles serves HTTP requests, but got a scope of {scope['type']!r}."
        )
    from starlette.websockets import WebSocketClose

    await WebSocketClose()(scope, receive, send)


def _manifest(
    given: Union[PathLike, Mapping[str, Any], None], folders: Sequence[PathLike]
) -> Optional[Manifest]:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return Manifest(given)
    paths = [os.path.join(folder, given) for folder in folders]
    return Manifest.read(next(filter(os.path.isfile, paths), given))


def _codings(precompressed: Union[bool, Sequence[str]]) -> Tuple[str, ...]:
    if isinstance(precompressed, bool):
        return tuple(CODINGS) if precompressed else ()
    if isinstance(precompressed, str) or not CODINGS.keys() >= set(precompressed):
        raise ValueError(
            "`precompressed` must be True, False or a list of "
            f"{', '.join(CODINGS)}, but got {precompressed!r}."
        )
    return tuple(precompressed)


def _prefixes(given: Sequence[str]) -> Tuple[str, ...]:
    if isinstance(given, str):
        raise ValueError(
            f"`fallback_exclude` must be a list of paths, but got {given!r}."
        )
    return tuple(prefix.strip("/") + "/" for prefix in given)
