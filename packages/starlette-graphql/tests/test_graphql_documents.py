"""Documents: prepared once and kept; trusted ones, and those that were sent before."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, Dict, Optional

import pytest

from starlette._graphql.documents import DocumentCache, PreparedDocument
from starlette._graphql.request import GraphQLRequest
from starlette.graphql import GraphQLApp, GraphQLLimits, PersistedQueries, RequestError

pytestmark = pytest.mark.anyio

SDL = "type Query { a: Int b: Int }"


class Later:
    """A store that would have to be awaited."""

    async def get(self, digest: str) -> None: ...

    async def set(self, digest: str, text: str) -> None: ...


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(
    digest: Any, query: Optional[str] = None, version: Any = 1
) -> GraphQLRequest:
    extensions = {"persistedQuery": {"version": version, "sha256Hash": digest}}
    return GraphQLRequest(query, extensions=extensions)


async def run(app: GraphQLApp, request: GraphQLRequest) -> Dict[str, Any]:
    payload = (await app.engine.run(request, {})).payload
    assert payload is not None
    return payload


async def refusal(app: GraphQLApp, request: GraphQLRequest) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await app.engine.run(request, {})
    return caught.value


@pytest.mark.parametrize("text", ["{ a }", "{", "{ nope }"])
def test_document_is_prepared_once(text: str) -> None:
    """
    With its errors, if it has any.
    """
    preparer = GraphQLApp(SDL).engine.preparer

    assert preparer.prepare(text) is preparer.prepare(text)


def test_kept_errors_hold_no_frames() -> None:
    """
    Those would keep alive whatever was around when the document came.
    """

    def parse(value: Any, variables: Any = None) -> None:
        raise ValueError("not odd")

    preparer = GraphQLApp(
        "scalar Odd type Query { a(x: Odd): Int }",
        resolvers={"Odd": {"parse_value": parse, "parse_literal": parse}},
    ).engine.preparer
    (error,) = preparer.prepare("{").errors
    (refused,) = preparer.prepare("{ a(x: 1) }").errors

    assert error.__traceback__ is None
    assert isinstance(refused.original_error, ValueError)
    assert refused.__traceback__ is refused.original_error.__traceback__ is None


def test_cache_is_bounded_by_entries() -> None:
    """
    What was used longest ago goes first.
    """
    cache = DocumentCache(2, 10**6)
    documents = {text: PreparedDocument("parse", []) for text in "abc"}
    cache.put("a", documents["a"])
    cache.put("b", documents["b"])
    cache.get("a")
    cache.put("c", documents["c"])

    assert [cache.get(text) is documents[text] for text in "abc"] == [True, False, True]
    assert len(cache) == 2


def test_cache_is_bounded_by_bytes() -> None:
    """
    A text that would drive out all others is not kept.
    """
    cache = DocumentCache(1000, 500_000)
    for number in range(100):
        cache.put(f"{number} " + "x" * 100, PreparedDocument("parse", []))
    cache.put("y" * 2000, PreparedDocument("parse", []))

    assert cache.get("y" * 2000) is None
    assert 1 < len(cache) < 20
    assert cache.used <= 500_000


def test_what_is_compiled_counts() -> None:
    """
    Others have to go for it, and the document itself if it would drive out them all.
    """
    cache = DocumentCache(1000, 500_000)
    cache.put("first", PreparedDocument("", []))
    cache.put("second", PreparedDocument("", []))
    used = cache.used
    cache.grow("second", 20)
    grown = cache.used
    cache.grow("second", -20)
    cache.grow("nobody knows it", 20)
    shrunk = cache.used
    cache.grow("second", 100)

    assert grown > used + 20 * 2000
    assert shrunk == used
    assert cache.get("second") is None
    assert cache.get("first") is not None
    assert 0 < cache.used < used


async def test_operation_with_many_conditions_does_not_fill_the_memory() -> None:
    """
    Whatever is compiled for other answers to them counts, and is given up for others.
    """
    app = GraphQLApp(SDL, document_cache_size=2_000_000)
    cache = app.engine.preparer.cache
    names = "abcdef"
    asked = " ".join(f"{name}: a @skip(if: ${name})" for name in names)
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    sizes = []
    for document in range(4):
        query = f"query Q{document}({declared}) {{ {asked} }}"
        for answers in itertools.product([True, False], repeat=len(names)):
            variables = dict(zip(names, answers))
            payload = await run(app, GraphQLRequest(query, variables))
            sizes.append(cache.used)

            assert list(payload["data"]) == [n for n in names if not variables[n]]

    assert sizes[10] > sizes[0]
    assert max(sizes) <= 2_000_000


def test_text_that_is_put_twice_counts_once() -> None:
    """
    Two requests may have prepared it meanwhile.
    """
    cache = DocumentCache(2, 10**6)
    cache.put("a", PreparedDocument("parse", []))
    used = cache.used
    cache.put("a", PreparedDocument("parse", []))

    assert cache.used == used


def test_cache_can_be_off() -> None:
    """
    With no entries at all.
    """
    preparer = GraphQLApp(SDL, document_cache=0).engine.preparer

    assert preparer.prepare("{ a }") is not preparer.prepare("{ a }")


async def test_trusted_document_is_found_by_its_id() -> None:
    """
    Bare, with a prefix, or by hash, in either way to say that.
    """
    documents = {"first": "{ a }", "x-b:1": "{ b }", "sha256:" + sha256("{b}"): "{b}"}
    app = GraphQLApp(SDL, documents=documents, root_value={"a": 1, "b": 2})
    payloads = [
        await run(app, GraphQLRequest(document_id="first")),
        await run(app, GraphQLRequest(document_id="x-b:1")),
        await run(app, GraphQLRequest(document_id="sha256:" + sha256("{b}"))),
        await run(app, persisted(sha256("{b}"))),
        await run(app, GraphQLRequest("{ b }")),
        await run(app, GraphQLRequest(document_id="sha256:" + sha256("{ b }"))),
        await run(app, persisted(sha256("{ b }"))),
    ]

    assert payloads == [{"data": {"a": 1}}] + [{"data": {"b": 2}}] * 6


async def test_trusted_documents_may_come_from_a_function() -> None:
    """
    It is asked for the id.
    """
    store = {"first": "{ a }", "sha256:" + sha256("{ b }"): "{ b }"}
    app = GraphQLApp(SDL, documents=lambda name: store.get(name), trusted_only=True)
    by_id = await run(app, GraphQLRequest(document_id="first"))
    by_text = await run(app, GraphQLRequest("{ b }"))
    error = await refusal(app, GraphQLRequest("{ a }"))

    assert by_id == {"data": {"a": None}}
    assert by_text == {"data": {"b": None}}
    assert error.code == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize(
    "request_", [GraphQLRequest(document_id="first"), persisted(sha256("{ a }"))]
)
async def test_trusted_document_stays_trusted_in_an_override(
    request_: GraphQLRequest,
) -> None:
    """
    ``execute`` gets its text, and may hand it on; other texts it may not.
    """
    store = {"first": "{ a }", "sha256:" + sha256("{ a }"): "{ a }"}

    class Mine(GraphQLApp):
        async def execute(self, query: str, *args: Any) -> Any:
            store.clear()
            return await super().execute(query, *args)

    app = Mine(SDL, documents=lambda name: store.get(name), trusted_only=True)
    result = await app.execute(app.engine.texts.find(request_))
    with pytest.raises(RequestError) as caught:
        await app.execute("{ a }")

    assert (result.data, result.errors) == ({"a": None}, None)
    assert caught.value.code == "DOCUMENT_NOT_TRUSTED"


async def test_unknown_trusted_document_is_refused() -> None:
    """
    Before anything is parsed; with one error and a code.
    """
    app = GraphQLApp(SDL, documents={"first": "{ a }"})
    unknown = await refusal(app, GraphQLRequest(document_id="second"))
    hashed = await refusal(app, persisted("0" * 64))

    assert (unknown.status, unknown.code) == (400, "PERSISTED_DOCUMENT_NOT_FOUND")
    assert hashed.code == "PERSISTED_QUERY_NOT_FOUND"


async def test_only_trusted_documents_are_parsed() -> None:
    """
    A text is allowed if it is that of a trusted one.
    """
    app = GraphQLApp(SDL, documents={"first": "{ a }"}, trusted_only=True)
    allowed = await run(app, GraphQLRequest("{ a }"))
    error = await refusal(app, GraphQLRequest("{ b }"))
    hashed = await refusal(app, persisted(sha256("{ b }"), "{ b }"))

    assert allowed == {"data": {"a": None}}
    assert (error.status, error.code) == (400, "DOCUMENT_NOT_TRUSTED")
    assert hashed.code == "DOCUMENT_NOT_TRUSTED"


async def test_request_has_a_text_or_an_id() -> None:
    """
    Both are refused, and so is an id where there are no documents.
    """
    app = GraphQLApp(SDL, documents={"first": "{ a }"})
    both = await refusal(app, GraphQLRequest("{ a }", document_id="first"))
    none = await refusal(GraphQLApp(SDL), GraphQLRequest(document_id="first"))

    assert "not both" in both.message
    assert none.code == "PERSISTED_DOCUMENT_NOT_SUPPORTED"


async def test_text_that_was_sent_once_is_found_by_its_hash() -> None:
    """
    Until then the client is told to send it, in a way that nobody caches.
    """
    app = GraphQLApp(SDL, apq=True)
    digest = sha256("{ a }")
    missing = await refusal(app, persisted(digest))
    sent = await run(app, persisted(digest, "{ a }"))
    found = await run(app, persisted(digest))

    assert missing.message == "PersistedQueryNotFound"
    assert missing.code == "PERSISTED_QUERY_NOT_FOUND"
    assert (missing.status, missing.json_status) == (400, 200)
    assert "no-cache" in missing.headers["cache-control"]
    assert sent == found == {"data": {"a": None}}


async def test_hashes_are_refused_where_they_are_off() -> None:
    """
    A text that comes with one is executed all the same.
    """
    app = GraphQLApp(SDL, apq=False)
    missing = await refusal(app, persisted(sha256("{ a }")))
    sent = await run(app, persisted("0" * 64, "{ a }"))

    assert missing.message == "PersistedQueryNotSupported"
    assert missing.code == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert sent == {"data": {"a": None}}


async def test_text_must_have_the_hash_that_comes_with_it() -> None:
    """
    Otherwise one client could put a text under the hash of another one's.
    """
    app = GraphQLApp(SDL, apq=True)
    error = await refusal(app, persisted(sha256("{ b }"), "{ a }"))
    missing = await refusal(app, persisted(sha256("{ b }")))

    assert error.message == "provided sha does not match query"
    assert missing.code == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "extension",
    [
        1,
        [],
        {},
        {"version": 2, "sha256Hash": "0" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": "../.."},
        {"version": 1, "sha256Hash": "A" * 64},
    ],
)
async def test_extension_must_be_well_formed(extension: Any) -> None:
    """
    400.
    """
    request = GraphQLRequest(extensions={"persistedQuery": extension})
    error = await refusal(GraphQLApp(SDL, apq=True), request)

    assert error.status == 400
    assert "sha256Hash" in error.message


def test_store_of_texts_is_bounded() -> None:
    """
    By their number and their length; what was used longest ago goes first.
    """
    few = PersistedQueries(entries=2)
    for name in "ab":
        few.set(name, name)
    few.get("a")
    few.set("c", "c")
    few.set("c", "other")
    short = PersistedQueries(size=8)
    for name in "abcdef":
        short.set(name, name * 2)
    short.set("long", "xxx")

    assert [few.get(name) for name in "abc"] == ["a", None, "c"]
    assert [short.get(name) for name in "abcdef"] == [
        None,
        None,
        "cc",
        "dd",
        "ee",
        "ff",
    ]
    assert short.get("long") is None


async def test_store_of_texts_can_be_another() -> None:
    """
    Anything that gets and sets.
    """
    store = PersistedQueries(entries=1)
    await run(GraphQLApp(SDL, apq=store), persisted(sha256("{ a }"), "{ a }"))

    assert store.get(sha256("{ a }")) == "{ a }"


@pytest.mark.parametrize(
    "options, error",
    [
        ({"trusted_only": True}, ValueError),
        ({"trusted_only": True, "documents": {}, "apq": True}, ValueError),
        ({"documents": {"sha256:" + "0" * 64: "{ a }"}}, ValueError),
        ({"documents": 1}, TypeError),
        ({"documents": {"first": b"{ a }"}}, TypeError),
        ({"documents": {1: "{ a }"}}, TypeError),
        ({"apq": {}}, TypeError),
        ({"apq": 1}, TypeError),
        ({"apq": Later()}, TypeError),
        ({"documents": Later().get}, TypeError),
        ({"document_cache": -1}, ValueError),
        ({"document_cache_size": "1"}, ValueError),
        ({"batching": -1}, ValueError),
        ({"context": {}}, TypeError),
        ({"limits": 7}, TypeError),
        ({"extensions": [1]}, TypeError),
    ],
)
def test_options_that_make_no_sense_are_refused(options: Any, error: Any) -> None:
    """
    At construction.
    """
    with pytest.raises(error):
        GraphQLApp(SDL, **options)


@pytest.mark.parametrize("bounds", [{"entries": 0}, {"size": 0}])
def test_store_needs_room(bounds: Any) -> None:
    """
    At least for one.
    """
    with pytest.raises(ValueError, match="must be above 0"):
        PersistedQueries(**bounds)


async def test_introspection_can_be_off() -> None:
    """
    Then errors suggest no names either.
    """
    app = GraphQLApp(SDL.replace("b: Int", "bottle: Int"), introspection=False)
    asked = await run(app, GraphQLRequest("{ __schema { types { name } } }"))
    wrong = await run(app, GraphQLRequest("{ bottles }"))
    typename = await run(app, GraphQLRequest("{ __typename }"))
    helpful = GraphQLApp(SDL.replace("b: Int", "bottle: Int"))
    suggested = await run(helpful, GraphQLRequest("{ bottles }"))

    assert "introspection" in asked["errors"][0]["message"]
    assert "Did you mean" not in wrong["errors"][0]["message"]
    assert "Did you mean" in suggested["errors"][0]["message"]
    assert typename == {"data": {"__typename": "Query"}}


async def test_document_too_deep_for_validation_is_an_error() -> None:
    """
    As one that is too deep to be parsed.
    """
    fragments = "".join(
        f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(1200)
    )
    text = "{ ...F0 } " + fragments + "fragment F1200 on Query { a }"
    limits = GraphQLLimits(tokens=None, selections=None)
    payload = await run(GraphQLApp(SDL, limits=limits), GraphQLRequest(text))

    assert payload["errors"] == [{"message": "The document is nested too deeply."}]
