"""The application: the schema, what resolves it, and the photos."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, List, Optional

from graphql import GraphQLError

from examples.graphql.book import Book, Entry, NotAPhoto
from examples.graphql.news import News
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.graphql import GraphQLApp
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

SCHEMA = Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8")


class Resolvers:
    """What the schema asks for, of one book."""

    def __init__(self, book: Book, news: News) -> None:
        self.book = book
        self.news = news

    async def entries(
        self, _: Any, info: Any, first: int, before: Optional[str] = None
    ) -> List[Entry]:
        if not 0 <= first <= 100:
            raise GraphQLError("`first` must be between 0 and 100.")
        if before is not None and not (before.isdecimal() and len(before) < 19):
            raise GraphQLError("`before` must be the `id` of an entry.")
        last = None if before is None else int(before)
        return await run_in_threadpool(self.book.entries, first, last)

    async def sign(
        self,
        _: Any,
        info: Any,
        name: str,
        message: str,
        photo: Optional[UploadFile] = None,
    ) -> Entry:
        if not (name.strip() and message.strip()):
            raise GraphQLError("Who signs has a name, and something to say.")
        file = None if photo is None else photo.file
        try:
            entry = await run_in_threadpool(self.book.sign, name, message, file)
        except NotAPhoto as error:
            # Only a GraphQLError says to the client what it says here.
            raise GraphQLError(str(error)) from error
        self.news.tell(entry)
        return entry

    def signed(self, _: Any, info: Any) -> AsyncIterator[Entry]:
        return self.news.listen()

    @staticmethod
    def signed_at(entry: Entry, info: Any) -> str:
        return entry.signed_at

    @staticmethod
    def photo(entry: Entry, info: Any) -> Optional[str]:
        if entry.photo is None:
            return None
        # A request, or the WebSocket of a subscription.
        connection = info.context["request"]
        return str(connection.url_for("photos", path=entry.photo).path)


def create_app(folder: Path) -> Starlette:
    """Return the application.

    Args:
        folder: Where the book is kept.
    """
    book = Book(folder)
    resolvers = Resolvers(book, News())
    graphql = GraphQLApp(
        SCHEMA,
        resolvers={
            "Query": {"entries": resolvers.entries},
            "Mutation": {"sign": resolvers.sign},
            "Subscription": {"signed": resolvers.signed},
            "Entry": {"signedAt": resolvers.signed_at, "photo": resolvers.photo},
        },
    )

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        yield
        book.close()

    return Starlette(
        routes=[
            Route("/graphql", graphql),
            # The same object: for subscriptions over WebSockets.
            WebSocketRoute("/graphql", graphql),
            Mount("/photos", StaticFiles(directory=book.photos), name="photos"),
        ],
        lifespan=lifespan,
    )
