"""What happens in the worker thread: from a path to what is sent for it.

Everything that needs the file system is done here, in one call.  Nothing in here
knows the event loop.
"""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG
from typing import (
    TYPE_CHECKING,
    Callable,
    Dict,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._static_headers import FileHeaders, HeaderCache
from starlette._static_negotiation import accepted_codings
from starlette._static_open import open_inside
from starlette._static_paths import is_hidden, split_path
from starlette._static_request import FileRequest
from starlette._static_response import Found, found_from
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette._static_files import StaticFiles

__all__ = ("Finder", "Listing", "Outcome", "Redirect")

# From a path to where it is; ``StaticFiles.lookup_path`` where it is overridden.
Lookup = Callable[[str], Tuple[str, Optional[os.stat_result]]]


class Listing(NamedTuple):
    """The page for a folder."""

    page: str
    headers: Dict[str, str]


class Redirect:
    """Says that the path should end with a slash."""


# How many paths are remembered; then it starts anew.
_MAX_REMEMBERED = 4096

Outcome = Union[None, Found, Listing, type]


class Finder:
    """Finds what is served for a path.

    Args:
        owner: Whose folders are looked in.
        cache: Makes the headers.
        codings: The codings of siblings that are looked for.
        fallback: The file for pages that are none.
        fallback_exclude: Paths that are no such pages, each with a final slash.
        listing: Whether folders are listed.
        hidden: Whether names with a dot are served.
        chunk_size: How many bytes are sent in one message, at most.

    Attributes:
        lookup: Asked for paths, if it is set.
        decides: Whether "not modified" is decided here.
    """

    lookup: Optional[Lookup] = None
    decides = True

    def __init__(
        self,
        owner: StaticFiles,
        cache: HeaderCache,
        *,
        codings: Tuple[str, ...],
        fallback: Optional[str],
        fallback_exclude: Tuple[str, ...],
        listing: bool,
        hidden: bool,
        chunk_size: int,
    ) -> None:
        self._owner = owner
        self._cache = cache
        self._codings = codings
        self._fallback = fallback
        self._fallback_exclude = fallback_exclude
        self._listing = listing
        self._hidden = hidden
        self._chunk_size = chunk_size
        self._unchanged: Dict[str, Tuple[str, FileHeaders]] = {}

    def find_unchanged(self, path: str, request: FileRequest) -> Optional[FileHeaders]:
        """Return the headers of the 304, for a file that was sent before.

        The only look at a file that is taken on the event loop, and only at one that
        was found a short while ago, so that the system has its status in memory: a
        trip to a thread costs twenty times as much.
        """
        known = self._unchanged.get(path)
        if known is None:
            return None
        full_path, headers = known
        if not headers.is_not_modified(
            request.if_none_match, request.if_modified_since
        ):
            return None
        try:
            status = os.lstat(full_path)
        except OSError:
            return None
        is_same = (
            status.st_mtime_ns == headers.modified
            and status.st_size == headers.size
            and S_ISREG(status.st_mode)
        )
        return headers if is_same else None

    def find(self, path: str, request: FileRequest) -> Outcome:
        """Return what is served for *path*; ``None`` if that is nothing."""
        found = self._locate(path, request)
        if found is not None and not S_ISDIR(found.status.st_mode):
            self._prepare(found, request)
            self._remember(path, found)
            return found
        if found is not None:
            outcome = self._find_in_folder(path, found, request)
            if outcome is not None:
                return outcome
        return self._find_instead(path, request)

    def locate(
        self, path: str, request: Optional[FileRequest] = None
    ) -> Optional[Found]:
        """Return what is at *path*, open if it is a file.

        Raises:
            HTTPException: 401, if it may not be read.
        """
        parts = split_path(path)
        if parts is None or (not self._hidden and is_hidden(parts)):
            return None
        owner = self._owner
        try:
            for folder in owner.all_directories:
                root, is_anywhere = os.fspath(folder), owner.follow_symlink
                opened = open_inside(root, parts, is_anywhere)
                if opened is not None:
                    found = found_from(opened, root, parts, is_anywhere)
                    return self._negotiated(found, request)
        except PermissionError:
            raise HTTPException(status_code=401) from None
        return None

    def _locate(self, path: str, request: FileRequest) -> Optional[Found]:
        if self.lookup is None:
            return self.locate(path, request)
        full_path, status = self.lookup(path)
        if status is None or not (S_ISREG(status.st_mode) or S_ISDIR(status.st_mode)):
            return None
        return self.outside(full_path, status)

    def outside(self, path: str, status: os.stat_result) -> Found:
        """Return the file at *path*, which somebody else has found."""
        found = Found(path)
        found.status = status
        found.name = os.path.basename(path)
        found.root = path
        found.parts = ()
        found.is_anywhere = True
        return found

    def headers_of(self, found: Found) -> FileHeaders:
        """Return what *found* is sent with."""
        headers = found.headers
        if headers is None:
            headers = found.headers = self._cache.get(
                str(found), found.status, found.name, found.coding, found.is_fallback
            )
        return headers

    def _negotiated(self, found: Found, request: Optional[FileRequest]) -> Found:
        """Return the sibling of *found* that the client likes best, or *found*."""
        if not self._codings or request is None:
            return found
        if found.file is None or request.is_range:
            return found
        accepted = accepted_codings(request.accept_encoding or b"", self._codings)
        for coding, ending in accepted:
            parts = [*found.parts[:-1], found.parts[-1] + ending]
            opened = open_inside(found.root, parts, found.is_anywhere)
            if opened is None or opened.file is None:
                continue
            if opened.status.st_mtime_ns < found.status.st_mtime_ns:
                opened.file.close()  # made from what the file was before
                continue
            found.close()
            sibling = found_from(opened, found.root, parts, found.is_anywhere)
            sibling.name, sibling.coding = found.name, coding
            return sibling
        return found

    def _remember(self, path: str, found: Found) -> None:
        # Where it depends on more than this one file what is sent, it is found
        # out each time: on other folders, on siblings, on where a link leads.
        if (
            found.headers is not None
            and self.decides
            and self.lookup is None
            and not self._codings
            and str(found) == os.path.join(found.root, *found.parts)
            and len(self._owner.all_directories) == 1
        ):
            if len(self._unchanged) >= _MAX_REMEMBERED:
                self._unchanged.clear()
            self._unchanged[path] = (str(found), found.headers)

    def _prepare(self, found: Found, request: FileRequest, status: int = 200) -> Found:
        """Read *found*, as far as it is going to be sent."""
        found.answers = status
        if status != 200:
            found.is_not_modified = False
        elif not request.is_conditional:
            found.is_not_modified = False if self.decides else None
        elif self.decides:
            found.is_not_modified = self.headers_of(found).is_not_modified(
                request.if_none_match, request.if_modified_since
            )
        if found.is_not_modified:
            found.close()
        elif found.is_not_modified is False:
            self._read(found, request)
        return found

    def _read(self, found: Found, request: FileRequest) -> None:
        if not request.is_body_wanted:
            if not request.is_range:
                found.close()
        elif found.file is not None and not found.read(self._chunk_size):
            if request.can_send_path:
                found.close()
            else:
                found.read_first(self._chunk_size)

    def _find_in_folder(
        self, path: str, folder: Found, request: FileRequest
    ) -> Outcome:
        if self._owner.html:
            index = self._locate(os.path.join(path, "index.html"), request)
            if index is not None and S_ISREG(index.status.st_mode):
                if request.has_slash:
                    return self._prepare(index, request)
                index.close()
                return Redirect
        if not self._listing:
            return None
        return self._list(folder) if request.has_slash else Redirect

    def _list(self, folder: Found) -> Listing:
        from starlette._static_listing import LISTING_HEADERS, listing_page

        page = listing_page(folder, shows_hidden=self._hidden)
        return Listing(page, LISTING_HEADERS)

    def _find_instead(self, path: str, request: FileRequest) -> Optional[Found]:
        """Return what is sent where there is no file: a page for it, or about it."""
        if self._fallback is not None and self._is_page(path, request):
            found = self._locate(self._fallback, request)
            if found is not None and S_ISREG(found.status.st_mode):
                found.is_fallback = True
                return self._prepare(found, request)
        if self._owner.html:
            found = self._locate("404.html", request)
            if found is not None and S_ISREG(found.status.st_mode):
                return self._prepare(found, request, 404)
        return None

    def _is_page(self, path: str, request: FileRequest) -> bool:
        if not request.is_navigation:
            return False
        path = path.replace(os.sep, "/") + "/"
        # Names that lead out, or cannot be, are not those of pages.
        parts: Optional[Sequence[str]] = split_path(path)
        return parts is not None and not path.startswith(self._fallback_exclude)
