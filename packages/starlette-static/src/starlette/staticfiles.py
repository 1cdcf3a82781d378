"""Files of folders, served with conditions, ranges, compression and caching.

``StaticFiles`` is an application to be mounted; how it works is beside this module
in ``_static_*.py``.  Run as a program (``python -m starlette.staticfiles --help``)
it prepares a folder: compressed siblings, and hashed names with a manifest.
"""

from __future__ import annotations

from starlette._static_files import StaticFiles
from starlette._static_folders import PathLike
from starlette._static_response import NotModifiedResponse

__all__ = ("NotModifiedResponse", "PathLike", "StaticFiles")

if __name__ == "__main__":
    from starlette._static_tool import main

    raise SystemExit(main())

NotModifiedResponse.__module__ = StaticFiles.__module__ = __name__
