"""Copies with hashed names, and the manifest that says what they are called.

``app.js`` stays where it is and gets a copy ``app.3f2a9c1b8d7e.js``, whose name
changes with its content: it can be kept for ever.  What files say about each other
is not rewritten; a bundler does that.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from typing import Dict, Iterator

from starlette._static_negotiation import CODINGS

__all__ = ("hash_folder",)

_IS_HASHED = re.compile(r"\.[0-9a-f]{12}(?:\.[^.]+)?\Z").search
_SIBLINGS = tuple(CODINGS.values())


def hash_folder(folder: str, manifest: str) -> Dict[str, str]:
    """Write copies with hashed names, and the manifest, into *folder*.

    Pages, hidden files, links and compressed siblings keep their names alone.  Copies
    of content that is gone stay, for those who still have a page that asks for them.

    Returns:
        The manifest: paths in *folder*, with slashes, to those of the copies.

    Raises:
        OSError: If something cannot be read or written.
    """
    names: Dict[str, str] = {}
    target = os.path.join(folder, manifest)
    for path in _files(folder):
        if os.path.samefile(path, target) if os.path.exists(target) else False:
            continue
        stem, ending = os.path.splitext(path)
        copy = f"{stem}.{_digest(path)}{ending}"
        if not os.path.exists(copy):
            new = f"{copy}.{os.getpid()}.tmp"
            shutil.copy2(path, new)
            os.replace(new, copy)
        names[_name(path, folder)] = _name(copy, folder)
    new = f"{target}.{os.getpid()}.tmp"
    with open(new, "w", encoding="utf-8") as file:
        json.dump(names, file, indent=2, sort_keys=True)
        file.write("\n")
    os.replace(new, target)
    return names


def _files(folder: str) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(where, name)
            if name.startswith(".") or os.path.islink(path) or _IS_HASHED(name):
                continue
            if not name.endswith((".html", ".htm", *_SIBLINGS)):
                yield path


def _digest(path: str) -> str:
    digest = hashlib.blake2b(digest_size=6)
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _name(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")
