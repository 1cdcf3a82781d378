"""The values that requests and responses are made of.

This is the public place of them; each kind lives in a module of its own:

* ``URL``, ``URLPath``: ``_url`` (and ``_authority``, who a request was for);
* ``Headers``, ``MutableHeaders``: ``_headers``;
* ``ImmutableMultiDict``, ``MultiDict``, ``QueryParams``: ``_multidict``;
* ``UploadFile``, ``FormData``: ``_upload``;
* ``State``: ``_state``;
* ``Address``, ``Secret``, ``CommaSeparatedStrings``: ``_values``.

None of them knows of requests, responses or routes.
"""

from __future__ import annotations

from starlette._elsewhere import lend
from starlette._headers import Headers, MutableHeaders
from starlette._multidict import ImmutableMultiDict, MultiDict, QueryParams
from starlette._state import State
from starlette._upload import FormData, UploadFile
from starlette._url import URL, URLPath, urlsplit
from starlette._values import Address, CommaSeparatedStrings, Secret

__all__ = (
    "URL",
    "Address",
    "CommaSeparatedStrings",
    "FormData",
    "Headers",
    "ImmutableMultiDict",
    "MultiDict",
    "MutableHeaders",
    "QueryParams",
    "Secret",
    "State",
    "URLPath",
    "UploadFile",
    "urlsplit",
)

lend(__name__, {"starlette.concurrency": "run_in_threadpool"})

# What a traceback, a pickle and ``repr(type)`` call them by.
for _member in map(globals().__getitem__, __all__):
    _member.__module__ = __name__
