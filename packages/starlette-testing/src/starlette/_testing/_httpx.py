"""httpx, or the distribution that continues it; the only place that imports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx as httpx
else:
    try:
        import httpx
    except ModuleNotFoundError:
        try:
            import httpx2 as httpx
        except ModuleNotFoundError:
            # A RuntimeError is what users of this module know.
            raise RuntimeError(
                "The starlette.testclient module requires the httpx package to be "
                "installed.\nYou can install this with:\n    $ pip install httpx\n"
            ) from None

__all__ = ("httpx",)
