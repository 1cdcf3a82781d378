"""Incremental delivery: results of graphql-core as payloads, in two generations.

The payloads of 2023 name what is deferred by an id: ``pending`` announces it with its
path, ``incremental`` brings data for it, ``completed`` ends it.  Clients ask for them
as ``incrementalSpec=v0.2``.  Those of 2022 (``deferSpec=20220824``) have no ids: each
piece says its whole path.  ``older`` makes the second out of the first.

Nothing here waits or runs; graphql-core does.  Which form a client gets is decided by
who answers it.
"""

from __future__ import annotations

from typing import (
    Any,
    AsyncGenerator,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._event_loop import asyncio_task
from starlette._graphql.closing import ClosedWith

__all__ = ("OlderForm", "Payloads", "older", "payloads_of")

Payload = Dict[str, Any]
Path = List[Union[str, int]]
ErrorsFormatter = Callable[[Sequence[Any]], List[Dict[str, Any]]]


def payloads_of(results: Any, format_errors: ErrorsFormatter) -> Payloads:
    """Return the payloads of 2023, as response maps.

    Args:
        results: ``ExperimentalIncrementalExecutionResults`` of graphql-core.
        format_errors: Makes the members of ``errors``, wherever there are some.
    """
    return Payloads(results, format_errors)


class Payloads:
    """An asynchronous iterator; see ``payloads_of``."""

    def __init__(self, results: Any, format_errors: ErrorsFormatter) -> None:
        self._first: Any = results.initial_result
        self._others: AsyncGenerator[Any, None] = results.subsequent_results
        self._format_errors = format_errors
        self._is_begun = False

    def __aiter__(self) -> Payloads:
        return self

    async def __anext__(self) -> Payload:
        first, self._first = self._first, None
        if first is not None:
            return _initial(first, self._format_errors)
        self._is_begun = True
        return _subsequent(await self._others.__anext__(), self._format_errors)

    async def aclose(self) -> None:
        """Cancel what is deferred, and close the sources of lists."""
        self._first = None
        if not self._is_begun and asyncio_task() is not None:
            self._is_begun = True
            await _begin_and_cancel(self._others)
        await self._others.aclose()


async def _begin_and_cancel(results: AsyncGenerator[Any, None]) -> None:
    """Have the ``finally`` of *results* run, which closes the sources of lists.

    A generator that was never begun runs nothing when it is closed.  After one turn
    of the event loop it waits for its own first result, whose making has not begun.
    """
    import asyncio

    first = asyncio.ensure_future(results.__anext__())
    try:
        await asyncio.sleep(0)
    finally:
        # Also if this is cancelled, as it may well be: the turn has been had by then.
        first.cancel()
        await asyncio.wait([first])


def _initial(result: Any, format_errors: ErrorsFormatter) -> Payload:
    payload: Payload = {"data": result.data}
    _add_errors(payload, result, format_errors)
    payload["pending"] = [_pending(pending) for pending in result.pending]
    payload["hasNext"] = result.has_next
    return _add_extensions(payload, result)


def _subsequent(result: Any, format_errors: ErrorsFormatter) -> Payload:
    payload: Payload = {"hasNext": result.has_next}
    if result.pending:
        payload["pending"] = [_pending(pending) for pending in result.pending]
    if result.incremental:
        payload["incremental"] = [_piece(x, format_errors) for x in result.incremental]
    if result.completed:
        payload["completed"] = [
            _add_errors({"id": completed.id}, completed, format_errors)
            for completed in result.completed
        ]
    return _add_extensions(payload, result)


def _pending(pending: Any) -> Payload:
    payload: Payload = {"id": pending.id, "path": pending.path}
    if pending.label is not None:
        payload["label"] = pending.label
    return payload


def _piece(piece: Any, format_errors: ErrorsFormatter) -> Payload:
    payload: Payload = {"id": piece.id}
    if piece.sub_path:
        payload["subPath"] = piece.sub_path
    if hasattr(piece, "items"):
        payload["items"] = piece.items
    else:
        payload["data"] = piece.data
    _add_errors(payload, piece, format_errors)
    return _add_extensions(payload, piece)


def _add_errors(
    payload: Payload, result: Any, format_errors: ErrorsFormatter
) -> Payload:
    if result.errors:
        payload["errors"] = format_errors(result.errors)
    return payload


def _add_extensions(payload: Payload, result: Any) -> Payload:
    if result.extensions is not None:
        payload["extensions"] = result.extensions
    return payload


def older(payloads: Any) -> ClosedWith:
    """Return the payloads of 2023 in the form of 2022."""
    return ClosedWith(_older(payloads), payloads.aclose)


async def _older(payloads: Any) -> AsyncGenerator[Payload, None]:
    form = OlderForm()
    async for payload in payloads:
        translated = form.translate(payload)
        if translated is not None:
            yield translated


class OlderForm:
    """Translates the payloads of one operation, in their order."""

    def __init__(self) -> None:
        # What is pending: its path and label, by its id.
        self._pending: Dict[str, Tuple[Path, Optional[str]]] = {}
        # How many items the client has of a streamed list, by the id.
        self._sizes: Dict[str, int] = {}

    def translate(self, payload: Payload) -> Optional[Payload]:
        """Return *payload* in the form of 2022; None if nothing is left of it."""
        if "data" in payload or "errors" in payload:
            return self._initial(payload)
        self._announce(payload.get("pending", ()))
        parts = _Parts()
        pieces = [self._piece(p, parts) for p in payload.get("incremental", ())]
        # After the pieces: the list that is streamed may have come with them.
        self._measure(payload.get("pending", ()), parts)
        for completed in payload.get("completed", ()):
            self._complete(completed, pieces)
        if not pieces and payload["hasNext"]:
            return None
        translated: Payload = {"hasNext": payload["hasNext"]}
        if pieces:
            translated["incremental"] = pieces
        return _with_extensions(translated, payload)

    def _initial(self, payload: Payload) -> Payload:
        pending = payload.get("pending", ())
        self._announce(pending)
        parts = _Parts()
        parts.add([], payload.get("data"))
        self._measure(pending, parts)
        return {name: value for name, value in payload.items() if name != "pending"}

    def _announce(self, pending: Iterable[Payload]) -> None:
        for entry in pending:
            self._pending[entry["id"]] = (entry["path"], entry.get("label"))

    def _measure(self, pending: Iterable[Payload], parts: _Parts) -> None:
        for entry in pending:
            found = parts.find(entry["path"])
            if isinstance(found, list):
                self._sizes.setdefault(entry["id"], len(found))

    def _piece(self, piece: Payload, parts: _Parts) -> Payload:
        path, label = self._pending[piece["id"]]
        path = [*path, *piece.get("subPath", ())]
        if "items" in piece:
            items = piece["items"]
            start = self._start(piece["id"], path, parts)
            self._sizes[piece["id"]] = start + len(items)
            for index, item in enumerate(items, start):
                parts.add([*path, index], item)
            translated: Payload = {"items": items, "path": [*path, start]}
        else:
            parts.add(path, piece["data"])
            translated = {"data": piece["data"], "path": path}
        if "errors" in piece:
            translated["errors"] = piece["errors"]
        return _with_extensions(_with_label(translated, label), piece)

    def _start(self, key: str, path: Path, parts: _Parts) -> int:
        if key in self._sizes:
            return self._sizes[key]
        # Announced and begun in one payload.
        found = parts.find(path)
        return len(found) if isinstance(found, list) else 0

    def _complete(self, completed: Payload, pieces: List[Payload]) -> None:
        key = completed["id"]
        path, label = self._pending.pop(key)
        size = self._sizes.pop(key, None)
        if "errors" not in completed:
            return
        failed: Payload = (
            {"data": None, "path": path}
            if size is None
            else {"items": None, "path": [*path, size]}
        )
        failed["errors"] = completed["errors"]
        pieces.append(_with_label(failed, label))


class _Parts:
    """The data of one payload, found by their paths in the whole result.

    A list is streamed from the payload on that has its beginning, so no other one
    needs to be kept.
    """

    def __init__(self) -> None:
        # By path: thousands of items may come at once, and each be asked for.
        self._roots: Dict[Tuple[Union[str, int], ...], List[Any]] = {}

    def add(self, path: Path, value: Any) -> None:
        """Add what the payload has at *path*."""
        self._roots.setdefault(tuple(path), []).append(value)

    def find(self, path: Path) -> Any:
        """Return the value at *path*, or None."""
        for size in range(len(path), -1, -1):
            for value in self._roots.get(tuple(path[:size]), ()):
                found = _descend(value, path[size:])
                if found is not None:
                    return found
        return None


def _descend(value: Any, path: Path) -> Any:
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def _with_label(payload: Payload, label: Optional[str]) -> Payload:
    if label is not None:
        payload["label"] = label
    return payload


def _with_extensions(payload: Payload, source: Payload) -> Payload:
    if "extensions" in source:
        payload["extensions"] = source["extensions"]
    return payload
