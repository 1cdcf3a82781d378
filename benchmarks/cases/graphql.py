"""GraphQL: one field, and a list of a hundred objects with an object each.

The yardstick is ``graphql()`` of graphql-core on the same query: parsing, validating
and executing it, without HTTP or JSON around.  It is no ASGI application, so it has
cases of its own.

Ours there is ``GraphQLApp.execute``.

The schema is the same for all, resolvers for the two root fields and dictionaries
below; Strawberry, which has types of its own, gets objects.
"""

import json
from importlib import import_module
from typing import Any, Dict, List, Tuple

from benchmarks.answers import Answer
from benchmarks.asgi import Awaits, Http
from benchmarks.contenders import UPSTREAM
from benchmarks.model import Case, Contender, Within

ORDER = 180

SDL = """
type Query { hello: String! items: [Item!]! }
type Item { id: ID! name: String! owner: User! }
type User { id: ID! name: String! }
"""

ITEMS: List[Dict[str, Any]] = [
    {
        "id": str(number),
        "name": f"item {number}",
        "owner": {"id": str(number), "name": f"user {number}"},
    }
    for number in range(100)
]

HELLO = "{ hello }"
NESTED = "{ items { id name owner { id name } } }"

_HELLO_DATA = {"hello": "Hello, world!"}
_NESTED_DATA = {"items": ITEMS}


def _hello(*_: Any) -> str:
    return "Hello, world!"


def _items(*_: Any) -> List[Dict[str, Any]]:
    return ITEMS


def _ours() -> Any:
    from starlette.applications import Starlette
    from starlette.graphql import GraphQLApp
    from starlette.routing import Route

    resolvers = {"Query": {"hello": _hello, "items": _items}}
    return Starlette(routes=[Route("/graphql", GraphQLApp(SDL, resolvers=resolvers))])


def _ariadne() -> Any:

    from starlette.applications import Starlette
    from starlette.routing import Route

    ariadne = import_module("ariadne")
    query = ariadne.QueryType()
    query.set_field("hello", _hello)
    query.set_field("items", _items)
    schema = ariadne.make_executable_schema(SDL, query)
    app = import_module("ariadne.asgi").GraphQL(schema)
    return Starlette(routes=[Route("/graphql", app, methods=["POST"])])


def _strawberry_schema(**options: Any) -> Any:
    # As a value: without the library type checkers know nothing of its classes.
    strawberry: Any = import_module("strawberry")

    class User:
        id: strawberry.ID
        name: str

    class Item:
        id: strawberry.ID
        name: str
        owner: User

    user, item = strawberry.type(User), strawberry.type(Item)
    made = [
        item(id=each["id"], name=each["name"], owner=user(**each["owner"]))
        for each in ITEMS
    ]

    def hello() -> str:
        return "Hello, world!"

    def items() -> List[Item]:
        return made

    fields = {
        "hello": strawberry.field(resolver=hello),
        "items": strawberry.field(resolver=items),
    }
    return strawberry.Schema(strawberry.type(type("Query", (), fields)), **options)


def _strawberry_app(schema: Any) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    made = import_module("strawberry.asgi").GraphQL(schema)
    return Starlette(routes=[Route("/graphql", made)])


def _strawberry() -> Any:
    return _strawberry_app(_strawberry_schema())


def _strawberry_cached() -> Any:
    extensions = import_module("strawberry.extensions")
    caches = [extensions.ParserCache(), extensions.ValidationCache()]
    return _strawberry_app(_strawberry_schema(extensions=caches))


def _direct(query: str) -> Any:
    from graphql import build_schema, graphql

    schema = build_schema(SDL)
    assert schema.query_type
    schema.query_type.fields["hello"].resolve = _hello
    schema.query_type.fields["items"].resolve = _items

    async def run() -> Any:
        return (await graphql(schema, query)).data

    return run


def _our_execute(query: str) -> Any:
    from starlette.graphql import GraphQLApp

    app = GraphQLApp(SDL, resolvers={"Query": {"hello": _hello, "items": _items}})

    async def run() -> Any:
        return (await app.execute(query)).data

    return run


CONTENDERS: Tuple[Contender, ...] = (
    Contender("graphql-core", "graphql-core", ("graphql-core",), shows="graphql-core"),
    Contender("ariadne", "ariadne", ("ariadne", UPSTREAM), shows="ariadne"),
    Contender(
        "strawberry",
        "strawberry",
        ("strawberry-graphql", UPSTREAM, "python-multipart"),
        shows="strawberry-graphql",
    ),
    Contender(
        "strawberry-cached",
        "strawberry-cached",
        ("strawberry-graphql", UPSTREAM, "python-multipart"),
        shows="strawberry-graphql",
    ),
)


def _case(name: str, title: str, query: str, data: Any, share: float) -> Case:
    return Case(
        name=name,
        title=title,
        exchange=lambda: Http(
            "POST",
            "/graphql",
            Answer(json={"data": data}, headers={"content-type": "application/json.*"}),
            headers={"content-type": "application/json"},
            body=json.dumps({"query": query}).encode(),
        ),
        apps={
            "ours": _ours,
            "ariadne": _ariadne,
            "strawberry": _strawberry,
            "strawberry-cached": _strawberry_cached,
        },
        requires={"ours": ("graphql-core",)},
        targets=(Within(share, "graphql-core", f"{name}-direct"),),
    )


def _yardstick(name: str, title: str, query: str, data: Any) -> Case:
    return Case(
        name=f"{name}-direct",
        title=f"{title}, without HTTP",
        exchange=lambda: Awaits(data),
        apps={
            "graphql-core": lambda: _direct(query),
            "ours": lambda: _our_execute(query),
        },
        requires={"ours": ("graphql-core",)},
        no_target="The yardstick of the case beside it; ours is `GraphQLApp.execute`.",
    )


CASES: Tuple[Case, ...] = (
    _case("graphql-hello", "GraphQL: one field", HELLO, _HELLO_DATA, 0.15),
    _yardstick("graphql-hello", "GraphQL: one field", HELLO, _HELLO_DATA),
    _case("graphql-nested", "GraphQL: a hundred objects", NESTED, _NESTED_DATA, 0.2),
    _yardstick("graphql-nested", "GraphQL: a hundred objects", NESTED, _NESTED_DATA),
)
