"""The import of the application class in a fresh interpreter."""

from typing import Dict

from benchmarks.exchange import Imports
from benchmarks.model import Case, Factory, Faster

ORDER = 110

_MODULES: Dict[str, Factory] = {
    "starlette": lambda: "starlette.applications",
    "fastapi": lambda: "fastapi",
    "blacksheep": lambda: "blacksheep",
    "falcon": lambda: "falcon.asgi",
    "litestar": lambda: "litestar",
}

CASES = (
    Case(
        name="import-time",
        title="`import starlette.applications`: time",
        exchange=Imports,
        apps=_MODULES,
        targets=(Faster(2),),
        statistic="median",
    ),
    Case(
        name="import-modules",
        title="`import starlette.applications`: modules loaded",
        exchange=lambda: Imports(counts=True),
        apps=_MODULES,
        targets=(Faster(2),),
        unit="modules",
        statistic="median",
    ),
)
