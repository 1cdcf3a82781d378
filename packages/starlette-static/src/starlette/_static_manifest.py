"""Hashed names: which file stands for ``app.js`` in this build.

A manifest is read once.  Vite's is understood, and a plain mapping of names, as
``python -m starlette.staticfiles hash`` writes it and other tools do.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterator, Mapping, Set, Tuple, Union

__all__ = ("Manifest",)

# A digest before the ending, as bundlers put it.
_HAS_DIGEST = re.compile(r"[.-][A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9]+)+\Z").search


class Manifest:
    """The names of a build.

    Args:
        content: Name to hashed name, or what Vite writes.

    Attributes:
        names: Names as they are in the source, to those of the build.
        hashed: The names of the build that change with the content.

    Raises:
        ValueError: If *content* is neither of the two.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.names: Dict[str, str] = {}
        self.hashed: Set[str] = set()
        if not isinstance(content, Mapping):
            raise _refusal(content)
        for name, chunk in content.items():
            if isinstance(chunk, str):
                self._add(name, chunk)
                self._note(chunk, name)
            else:
                self._add_chunk(name, chunk)

    @classmethod
    def read(cls, path: Union[str, os.PathLike[str]]) -> Manifest:
        """Return the manifest in the file at *path*.

        Raises:
            RuntimeError: If there is none.
            ValueError: If it is not one.
        """
        import json

        try:
            with open(path, encoding="utf-8") as file:
                return cls(json.load(file))
        except FileNotFoundError:
            missing = f"Manifest '{os.fspath(path)}' does not exist."
            raise RuntimeError(missing) from None

    def _add_chunk(self, name: str, chunk: Any) -> None:
        if not isinstance(chunk, Mapping) or not isinstance(chunk.get("file"), str):
            raise _refusal(chunk)
        # A page keeps its name; what Vite names here is the script of it.
        if not name.endswith((".html", ".htm")):
            self._add(name, chunk["file"])
        for file, source in _files(name, chunk):
            self._note(file, source)

    def _add(self, name: str, file: str) -> None:
        self.names[name.lstrip("/")] = file.lstrip("/")

    def _note(self, file: str, source: str) -> None:
        # Builds can be told not to hash: what is called as its source is not.
        stem = os.path.basename(file).rpartition(".")[0]
        own = os.path.basename(source)
        if _HAS_DIGEST(file) and stem not in (own, own.rpartition(".")[0]):
            self.hashed.add(file.lstrip("/"))


def _files(name: str, chunk: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    yield chunk["file"], str(chunk.get("name") or chunk.get("src") or name)
    for kind in ("css", "assets"):
        for file in chunk.get(kind) or ():
            if not isinstance(file, str):
                raise _refusal(file)
            yield file, ""


def _refusal(found: object) -> ValueError:
    return ValueError(
        "`manifest` must be a mapping of names to hashed names, or what Vite writes "
        f"(build.manifest), but has {found!r}."
    )
