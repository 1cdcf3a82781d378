"""The page that lists a folder, for folders that are meant to be looked through.

Names are whatever somebody called a file: they are escaped as HTML in the text and
percent-encoded in the links, and the page allows no script to run.
"""

from __future__ import annotations

import os
from html import escape
from typing import List, Sequence, Tuple
from urllib.parse import quote

from starlette._static_open import open_inside
from starlette._static_paths import is_hidden, split_path

__all__ = ("LISTING_HEADERS", "listing_page")

LISTING_HEADERS = {
    "content-security-policy": "default-src 'none'",
    "cache-control": "no-cache",
}

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
    root: str,
    path: str,
    parts: Sequence[str],
    *,
    shows_hidden: bool,
    is_anywhere: bool,
) -> str:
    """Return the page for a folder; called in a worker thread.

    What would not be served is not listed.

    Args:
        root: The folder that is served.
        path: The one to list, which is *parts* below it.
        parts: The names that lead there.
        shows_hidden: Whether names that begin with a dot are listed.
        is_anywhere: Whether links that lead out of *root* are.
    """
    entries: List[Tuple[bool, str]] = []
    with os.scandir(path) as found:
        for entry in found:
            inner = split_path(entry.name)
            if inner is None or (is_hidden([*parts, *inner]) and not shows_hidden):
                continue
            is_folder = entry.is_dir()
            if entry.is_symlink() and not _leads_inside(
                root, [*parts, *inner], is_anywhere
            ):
                continue
            if is_folder or entry.is_file():
                entries.append((not is_folder, entry.name))
    items = ["../"] if parts else []
    items += [name if is_file else f"{name}/" for is_file, name in sorted(entries)]
    title = escape("/" + "/".join(parts))
    return _PAGE.format(title=title, items="\n".join(map(_item, items)))


def _leads_inside(root: str, parts: Sequence[str], is_anywhere: bool) -> bool:
    try:
        opened = open_inside(root, parts, is_anywhere)
    except OSError:
        return False
    if opened is not None and opened.file is not None:
        opened.file.close()
    return opened is not None


def _item(name: str) -> str:
    # "./", or a name with a colon would begin with a scheme (RFC 3986, 4.2).
    target = quote(name, errors="surrogateescape")
    if not target.startswith("."):
        target = f"./{target}"
    shown = escape(name.encode("utf-8", "replace").decode("utf-8"))
    return f'<li><a href="{target}">{shown}</a></li>'
