"""Who takes part, and what each environment holds.

A case module can bring contenders of its own: see ``cases.contenders()``.
"""

from __future__ import annotations

from typing import Tuple

from benchmarks.model import Contender

__all__ = ("CONTENDERS", "UPSTREAM")

UPSTREAM = "starlette==0.47.3"

CONTENDERS: Tuple[Contender, ...] = (
    Contender("ours", "starlette", tree=True, twin="starlette"),
    Contender(
        "starlette",
        "starlette",
        (UPSTREAM, "python-multipart"),
        shows="starlette",
    ),
    Contender("raw", "raw"),
    Contender("blacksheep", "blacksheep", ("blacksheep",), shows="blacksheep"),
    Contender("falcon", "falcon", ("falcon",), shows="falcon"),
    Contender("litestar", "litestar", ("litestar",), shows="litestar"),
    Contender(
        "fastapi",
        "fastapi",
        ("fastapi", UPSTREAM, "python-multipart"),
        shows="fastapi",
    ),
    Contender("fastapi-on-ours", "fastapi", shows="fastapi", tree=True, twin="fastapi"),
)
