"""Which text a request means: its own, a trusted one, or one that was sent before.

* Trusted documents: the program has a store of documents, and a request names one by
  ``documentId`` (*GraphQL over HTTP*, appendix "Persisted Documents") or by its hash
  as persisted queries do.  With ``trusted_only`` nothing else is ever parsed.
* Automatic persisted queries (APQ): a request names a text by its hash in
  ``extensions.persistedQuery``; the client sends the text once if it is not known.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from threading import Lock
from typing import Any, Callable, Dict, FrozenSet, Mapping, Optional, Union

from starlette._graphql.errors import RequestError
from starlette._graphql.request import GraphQLRequest, MalformedRequest
from starlette._utils import is_async_callable

__all__ = ("PersistedQueries", "TextFinder")

_SHA256_DIGITS = re.compile("[0-9a-f]{64}").fullmatch
_SHA256 = "sha256:"
_NOT_FOUND = "PersistedQueryNotFound"
_NO_QUERY = "No GraphQL query found in the request"

Documents = Union[Mapping[str, str], Callable[[str], Optional[str]]]


class PersistedQueries:
    """Texts that clients have sent, by hash; the store of APQ in this process.

    What was used longest ago is dropped.  Any object with these two methods may take
    its place, one that other processes share for example.

    Args:
        entries: How many texts are kept.
        size: How many characters they may have together.
    """

    def __init__(self, entries: int = 1000, size: int = 4_000_000) -> None:
        if entries < 1 or size < 1:
            raise ValueError(
                f"`entries` and `size` must be above 0, but got {entries} and {size}"
            )
        self.entries: int = entries
        self.size: int = size
        self._used = 0
        self._texts: OrderedDict[str, str] = OrderedDict()
        # Applications may serve several event loops, each in a thread of its own.
        self._lock = Lock()

    def get(self, digest: str) -> Optional[str]:
        """Return the text with this SHA-256, 64 hexadecimal digits, if it is known."""
        with self._lock:
            text = self._texts.get(digest)
            if text is not None:
                self._texts.move_to_end(digest)
            return text

    def set(self, digest: str, text: str) -> None:
        """Keep *text*, unless it is longer than a quarter of all may be."""
        if len(text) > self.size // 4:
            return
        with self._lock:
            if digest in self._texts:
                return
            self._texts[digest] = text
            self._used += len(text)
            while self._used > self.size or len(self._texts) > self.entries:
                self._used -= len(self._texts.popitem(last=False)[1])


class _Trusted(str):
    """A text that the program has given for an id: trusted, should it come back.

    ``GraphQLApp.execute`` takes no more than a text, also from an override of it.
    """

    __slots__ = ()


class TextFinder:
    """Finds the text that a request means.

    Args:
        documents: The trusted ones by id, or a function of the id.  The id
            ``sha256:`` plus 64 lower case hexadecimal digits is the hash of the text;
            those of a mapping are known by it as well.
        trusted_only: Whether all others are refused.
        apq: The store of APQ, ``True`` for one in this process, or ``None``.

    Raises:
        ValueError: A text does not have the hash that it is stored under, or only
            trusted documents are allowed and there are none, or some can be sent.
        TypeError: An argument is of the wrong type.
    """

    def __init__(
        self,
        documents: Optional[Documents] = None,
        trusted_only: bool = False,
        apq: Any = None,
    ) -> None:
        if trusted_only and documents is None:
            raise ValueError("`trusted_only` needs `documents`")
        if trusted_only and apq:
            raise ValueError(
                "`apq` lets clients send documents; `trusted_only` does not"
            )
        self._texts: FrozenSet[str] = frozenset()
        self._find = _finder(documents)
        if isinstance(documents, Mapping):
            self._texts = frozenset(documents.values())
        self._trusted_only = trusted_only
        if isinstance(apq, bool):
            apq = PersistedQueries() if apq else None
        self._apq: Any = apq
        if apq is not None and (
            not hasattr(apq, "set") or is_async_callable(getattr(apq, "get", None))
        ):
            raise TypeError(
                "`apq` must be True or have get() and set(), plain functions, "
                f"but got {apq!r}"
            )

    def find(self, request: GraphQLRequest) -> str:
        """Return the text that *request* means.

        Raises:
            RequestError: It means none, or one that is not known or not allowed.
        """
        persisted = (request.extensions or {}).get("persistedQuery")
        if request.document_id is not None:
            if request.query is not None:
                raise RequestError(
                    400, "A request must have `query` or `documentId`, but not both."
                )
            return self._trusted(request.document_id)
        if persisted is not None and (request.query is None or self._apq is not None):
            return self._persisted(request.query, _digest(persisted))
        if request.query is None:
            raise MalformedRequest(400, _NO_QUERY)
        if self._trusted_only and not self._is_trusted(request.query):
            raise RequestError(
                400,
                "Only trusted documents are executed.",
                code="DOCUMENT_NOT_TRUSTED",
            )
        return request.query

    def _trusted(self, name: str) -> str:
        if self._find is None:
            raise RequestError(
                400,
                "Persisted documents are not supported.",
                code="PERSISTED_DOCUMENT_NOT_SUPPORTED",
            )
        text = self._find(name)
        if text is None:
            raise RequestError(
                400,
                "The document is not known.",
                code="PERSISTED_DOCUMENT_NOT_FOUND",
            )
        return _Trusted(text)

    def _is_trusted(self, text: str) -> bool:
        return (isinstance(text, _Trusted) or text in self._texts) or (
            self._find is not None and self._find(_SHA256 + sha256(text)) == text
        )

    def _persisted(self, text: Optional[str], digest: str) -> str:
        if text is not None:
            if sha256(text) != digest:
                raise RequestError(
                    400,
                    "provided sha does not match query",
                    code="PERSISTED_QUERY_HASH",
                )
            self._apq.set(digest, text)
            return text
        found = self._find(_SHA256 + digest) if self._find is not None else None
        if found is not None:
            return _Trusted(found)
        kept: Optional[str] = None if self._apq is None else self._apq.get(digest)
        if kept is None:
            if self._find is None and self._apq is None:
                raise RequestError(
                    400,
                    "PersistedQueryNotSupported",
                    code="PERSISTED_QUERY_NOT_SUPPORTED",
                    json_status=200,
                )
            raise RequestError(
                400,
                _NOT_FOUND,
                code="PERSISTED_QUERY_NOT_FOUND",
                # The client is going to ask again: nobody may keep this answer.
                headers={"cache-control": "private, no-cache, must-revalidate"},
                json_status=200,
            )
        return kept


def sha256(text: str) -> str:
    """Return the hash of *text* in UTF-8, as 64 lower case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(persisted: Any) -> str:
    members: Dict[str, Any] = persisted if type(persisted) is dict else {}
    digest = members.get("sha256Hash")
    # Checked because stores may make a path of it, or a key.
    if (
        members.get("version") != 1
        or type(digest) is not str
        or not _SHA256_DIGITS(digest)
    ):
        raise RequestError(
            400,
            "`extensions.persistedQuery` must have the version 1 and a sha256Hash.",
        )
    return digest


def _finder(documents: Any) -> Optional[Callable[[str], Optional[str]]]:
    if documents is None:
        return None
    if isinstance(documents, Mapping):
        for name, text in documents.items():
            if not isinstance(name, str) or not isinstance(text, str):
                raise TypeError(
                    f"`documents` must be texts, but got {name!r}: {text!r}"
                )
            if name.startswith(_SHA256) and name != _SHA256 + sha256(text):
                raise ValueError(f"`documents[{name!r}]` is a text with another hash")
        hashes = {_SHA256 + sha256(text): text for text in documents.values()}
        return {**hashes, **documents}.get
    if callable(documents) and not is_async_callable(documents):
        function: Callable[[str], Optional[str]] = documents
        return function
    raise TypeError(
        f"`documents` must be a mapping or a plain function, but got {documents!r}"
    )
