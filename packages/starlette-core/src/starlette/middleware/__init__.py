"""Middleware: ASGI applications that wrap another one.

Like ``starlette`` itself this package is shared by several distributions, and
a byte-identical copy of this file stands in the source tree of each of them.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)

from starlette._middleware import Middleware as Middleware
from starlette._middleware import P as P
from starlette._middleware import _MiddlewareFactory as _MiddlewareFactory
