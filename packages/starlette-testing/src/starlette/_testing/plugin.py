"""Fixtures for pytest: clients and servers for an application.

pytest loads this module in every process, so it imports pytest alone; the
rest is imported by the fixtures that are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterator, List

import pytest

if TYPE_CHECKING:
    from starlette._testing.async_client import AsyncTestClient
    from starlette._testing.client import TestClient
    from starlette._testing.live import LiveServer

MARKER = "asgi_backend"
HOW_TO = (
    "asgi_backend(*names): run the test once on each of these backends of TestClient, "
    "asyncio or trio"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option ``asgi_backends``."""
    parser.addini(
        "asgi_backends",
        "The backends that tests with TestClient run on, each once.",
        type="args",
        default=["asyncio"],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", HOW_TO)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that use a backend once on each that is asked for."""
    if "asgi_backend" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker(MARKER)
    names: List[str] = list(marker.args) if marker else []
    names = names or metafunc.config.getini("asgi_backends")
    # A single backend leaves the names of the tests alone.
    if names != ["asyncio"]:
        metafunc.parametrize("asgi_backend", names, indirect=True)


@pytest.fixture
def asgi_backend(request: pytest.FixtureRequest) -> str:
    """The backend of the clients: ``asyncio``, or what the marker or the ini says."""
    name: str = getattr(request, "param", "asyncio")
    return name


@pytest.fixture
def asgi_app() -> Any:
    """The application under test; a project overrides this fixture."""
    raise pytest.UsageError(
        "Define a fixture `asgi_app` that returns the application under test."
    )


@pytest.fixture
def test_client_factory(asgi_backend: str) -> Iterator[Callable[..., TestClient]]:
    """Make clients as ``TestClient`` does, on the backend of the test.

    They are closed when the test has ended.
    """
    from starlette._testing.client import TestClient

    made: List[TestClient] = []

    def make(app: Any, **options: Any) -> TestClient:
        client = TestClient(app, **{"backend": asgi_backend, **options})
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def asgi_client(
    asgi_app: Any, test_client_factory: Callable[..., TestClient]
) -> Iterator[TestClient]:
    """Give a client for ``asgi_app``, within its lifespan."""
    with test_client_factory(asgi_app) as client:
        yield client


@pytest.fixture
def async_test_client_factory() -> Callable[..., AsyncTestClient]:
    """Make clients as ``AsyncTestClient`` does; the test enters them."""
    from starlette._testing.async_client import AsyncTestClient

    return AsyncTestClient


@pytest.fixture
def live_server_factory() -> Iterator[Callable[..., LiveServer]]:
    """Start servers as ``live_server`` does; they stop when the test has ended."""
    import contextlib

    from starlette._testing.live import live_server

    with contextlib.ExitStack() as stack:

        def start(app: Any, **options: Any) -> LiveServer:
            return stack.enter_context(live_server(app, **options))

        yield start


@pytest.fixture
def asgi_server(
    asgi_app: Any, live_server_factory: Callable[..., LiveServer]
) -> LiveServer:
    """Give a running server for ``asgi_app``."""
    return live_server_factory(asgi_app)
