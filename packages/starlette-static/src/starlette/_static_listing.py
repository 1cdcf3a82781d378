"""The page that lists a folder, for folders that are meant to be looked through.

Names are whatever somebody called a file: they are escaped as HTML in the text and
percent-encoded in the links, and the page allows no script to run.
"""

from __future__ import annotations

import os
from html import escape
from typing import List, Optional, Tuple, Union
from urllib.parse import quote

from starlette._static_open import open_inside
from starlette._static_paths import is_hidden
from starlette._static_response import Found

__all__ = ("LISTING_HEADERS", "listing_page")

LISTING_HEADERS = {
    "content-security-policy": "default-src 'none'",
    "cache-control": "no-cache",
}

_CAN_SCAN_OPEN = os.scandir in os.supports_fd

_PAGE = """<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<ul>
{items}
</ul>
</body>
</html>
"""


def listing_page(
    folder: Found,
    *,
    shows_hidden: bool,
) -> str:
    """Return the page for a folder; called in a worker thread.

    What would not be served is not listed.

    Args:
        folder: The folder, as it was found.
        shows_hidden: Whether names that begin with a dot are listed.
    """
    if _CAN_SCAN_OPEN:
        # By its descriptor: at the path there may be another one by now.
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            is_same = os.path.samestat(os.fstat(descriptor), folder.status)
            names = _names(descriptor, folder, shows_hidden) if is_same else []
        finally:
            os.close(descriptor)
    else:
        names = _names(folder, folder, shows_hidden)
    items = ["../"] if folder.parts else []
    items += [name if is_file else f"{name}/" for is_file, name in sorted(names)]
    title = escape("/" + "/".join(folder.parts))
    return _PAGE.format(title=title, items="\n".join(map(_item, items)))


def _names(
    place: Union[int, str], folder: Found, shows_hidden: bool
) -> List[Tuple[bool, str]]:
    """Return the names in *place*, each with whether it is a file."""
    names: List[Tuple[bool, str]] = []
    with os.scandir(place) as entries:
        for entry in entries:
            is_folder = _kind(entry, folder, shows_hidden)
            if is_folder is not None:
                names.append((not is_folder, str(entry.name)))
    return names


def _kind(entry: os.DirEntry[str], folder: Found, shows_hidden: bool) -> Optional[bool]:
    """Tell whether *entry* is a folder; ``None`` if it is not served."""
    parts = [*folder.parts, entry.name]
    if not shows_hidden and is_hidden(parts):
        return None
    if not entry.is_symlink():
        return entry.is_dir() if entry.is_dir() or entry.is_file() else None
    try:
        opened = open_inside(folder.root, parts, folder.is_anywhere)
    except OSError:
        return None
    if opened is None:
        return None
    if opened.file is not None:
        opened.file.close()
    return opened.file is None


def _item(name: str) -> str:
    # "./", or a name with a colon would begin with a scheme (RFC 3986, 4.2).
    target = quote(name, errors="surrogateescape")
    if not target.startswith("."):
        target = f"./{target}"
    shown = escape(name.encode("utf-8", "replace").decode("utf-8"))
    return f'<li><a href="{target}">{shown}</a></li>'
