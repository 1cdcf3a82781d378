"""``Jinja2Templates``: environments, contexts, and responses that are rendered at once.

What is escaped is tested in ``test_templating_escaping.py``; pages that are rendered
when or while they are sent are in ``test_templating_late.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import jinja2
import pytest

import starlette.templating
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import StarletteDeprecationWarning
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import NoMatchFound, Route
from starlette.templating import Jinja2Templates, _TemplateResponse
from starlette.testclient import TestClient
from starlette.testing import exchange, http_scope, websocket_scope

pytestmark = pytest.mark.anyio

DEBUG: Dict[str, Any] = {"http.response.debug": {}}


def from_texts(**texts: str) -> Jinja2Templates:
    """Templates that are not in files; ``page`` is called ``page.html``."""
    loader = jinja2.DictLoader({f"{name}.html": text for name, text in texts.items()})
    return Jinja2Templates(env=jinja2.Environment(loader=loader, autoescape=True))


def a_request(**extra: Any) -> Request:
    """A request within an application that has a route called ``home``."""
    app = Starlette(routes=[Route("/home", HTMLResponse("home"), name="home")])
    headers = {"host": "example.org"}
    return Request(http_scope(headers=headers, app=app, router=app.router, **extra))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one template."""
    (tmp_path / "page.html").write_text("<p>{{ word }}</p>", encoding="utf-8")
    return tmp_path


# -- Environments ------------------------------------------------------------


def test_one_folder(folder: Path) -> None:
    """
    A folder is given as text or as a path.
    """
    by_text = Jinja2Templates(str(folder)).get_template("page.html")
    by_path = Jinja2Templates(directory=folder).get_template("page.html")

    assert by_text.render(word="one") == by_path.render(word="one") == "<p>one</p>"


def test_several_folders(folder: Path) -> None:
    """
    The first folder that has a template wins.
    """
    first = folder / "first"
    first.mkdir()
    (first / "page.html").write_text("first")
    (folder / "other.html").write_text("other")

    templates = Jinja2Templates([str(first), folder])

    assert templates.get_template("page.html").render() == "first"
    assert templates.get_template("other.html").render() == "other"


@pytest.mark.parametrize("directory", [None, "", []])
def test_no_environment(directory: Any) -> None:
    """
    Without a folder and without an environment there can be no templates.
    """
    with pytest.raises(AssertionError, match="either 'directory' or 'env'"):
        Jinja2Templates(directory)


def test_two_environments(folder: Path) -> None:
    """
    A folder and an environment contradict each other.
    """
    with pytest.raises(AssertionError, match="either 'directory' or 'env'"):
        Jinja2Templates(folder, env=jinja2.Environment())


def test_options_of_the_environment(folder: Path) -> None:
    """
    They are passed on, and deprecated on the line that gives them.
    """
    loader = jinja2.DictLoader({"page.html": "from elsewhere"})
    with pytest.warns(DeprecationWarning, match="Extra environment") as caught:
        templates = Jinja2Templates(folder, trim_blocks=True, loader=loader)

    assert templates.env.trim_blocks
    assert templates.env.loader is loader
    assert [os.path.basename(w.filename) for w in caught] == [
        os.path.basename(__file__)
    ]


def test_options_beside_an_environment() -> None:
    """
    They are deprecated as well, and have no effect.
    """
    env = jinja2.Environment()
    with pytest.warns(DeprecationWarning, match="Extra environment options"):
        templates = Jinja2Templates(env=env, trim_blocks=True)

    assert templates.env is env
    assert not env.trim_blocks


def test_environment_that_is_made_by_a_subclass(folder: Path) -> None:
    """
    Programs override ``_create_env`` and ``_setup_env_defaults``.
    """

    class Shouting(Jinja2Templates):
        def _create_env(self, directory: Any, **env_options: Any) -> jinja2.Environment:
            return jinja2.Environment(loader=jinja2.FileSystemLoader(directory))

        def _setup_env_defaults(self, env: jinja2.Environment) -> None:
            super()._setup_env_defaults(env)
            env.filters["shout"] = str.upper

    (folder / "page.html").write_text("{{ 'quiet'|shout }} {{ url_for('home') }}")
    response = Shouting(folder).TemplateResponse(a_request(), "page.html")

    assert response.body == b"QUIET http://example.org/home"


def test_names_for_programs() -> None:
    """
    ``pass_context`` and ``jinja2`` are importable from here; nothing else is.
    """
    from starlette.templating import pass_context

    assert pass_context is jinja2.pass_context
    assert starlette.templating.jinja2 is jinja2
    assert starlette.templating.__all__ == ("Jinja2Templates",)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        starlette.templating.nothing  # type: ignore[attr-defined] # noqa: B018


def test_names_of_the_classes() -> None:
    """
    They say where programs find them.
    """
    assert Jinja2Templates.__module__ == "starlette.templating"
    assert _TemplateResponse.__module__ == "starlette.templating"


def test_jinja2_is_loaded_late() -> None:
    """
    Importing the module does not import Jinja2.
    """
    program = "import sys, starlette.templating; print('jinja2' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


def test_jinja2_is_missing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """
    The error names what to install.
    """
    monkeypatch.setitem(sys.modules, "jinja2", None)

    with pytest.raises(AssertionError) as caught:
        Jinja2Templates(folder)

    assert str(caught.value) == (
        "jinja2 must be installed to use Jinja2Templates: "
        "pip install starlette-core[templating]"
    )


# -- Missing templates -------------------------------------------------------


def test_missing_template_in_folders(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """
    The message has the whole path of each folder that was searched.
    """
    monkeypatch.chdir(folder)
    templates = Jinja2Templates(["first", str(folder)])

    with pytest.raises(jinja2.TemplateNotFound) as caught:
        templates.get_template("nope.html")

    message = str(caught.value)
    assert message.startswith("'nope.html' not found")
    assert repr(str(folder / "first")) in message
    assert repr(str(folder)) in message


def test_missing_template_of_other_loaders(folder: Path) -> None:
    """
    Each loader says where it looks, inner ones too.
    """
    sys.path.insert(0, str(folder))
    try:
        (folder / "package_with_pages" / "pages").mkdir(parents=True)
        (folder / "package_with_pages" / "__init__.py").touch()
        package = jinja2.PackageLoader("package_with_pages", "pages")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("package_with_pages", None)
    loader = jinja2.ChoiceLoader(
        [
            package,
            jinja2.PrefixLoader({"mail": jinja2.FileSystemLoader(folder)}),
            jinja2.DictLoader({}),
        ]
    )
    templates = Jinja2Templates(env=jinja2.Environment(loader=loader))

    with pytest.raises(jinja2.TemplateNotFound) as caught:
        templates.TemplateResponse(a_request(), "nope.html")

    assert str(caught.value) == (
        "'nope.html' not found; looked for in "
        "'pages' of the package 'package_with_pages', "
        f"{str(folder)!r} (as 'mail/'), DictLoader"
    )
    assert caught.value.name == "nope.html"


def test_missing_parent(folder: Path) -> None:
    """
    A template that another one extends is named in the same way, once.
    """
    (folder / "child.html").write_text("{% extends 'nope.html' %}")
    inner = Jinja2Templates(folder)

    def nested() -> Any:
        return inner.TemplateResponse(a_request(), "child.html").body

    outer = from_texts(page="{{ nested() }}")
    with pytest.raises(jinja2.TemplateNotFound) as caught:
        outer.TemplateResponse(a_request(), "page.html", {"nested": nested})

    assert repr(str(folder)) in str(caught.value)
    assert str(caught.value).count("; looked for in ") == 1


def test_error_of_a_lookup_elsewhere() -> None:
    """
    Errors of the program's own pass as they are.
    """
    error = KeyError("mine")

    def fail() -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        from_texts(page="{{ fail() }}").TemplateResponse(
            a_request(), "page.html", {"fail": fail}
        )

    assert caught.value is error
    assert error.args == ("mine",)


# -- The request comes first -------------------------------------------------


async def test_page(folder: Path) -> None:
    """
    The template is rendered when the response is made, and sent as HTML.
    """
    request = a_request()
    response = Jinja2Templates(folder).TemplateResponse(
        request, "page.html", {"word": "hello"}
    )

    assert isinstance(response, HTMLResponse)
    assert response.body == b"<p>hello</p>"
    assert response.context == {"request": request, "word": "hello"}
    assert response.template.name == "page.html"

    sent = await exchange(response, http_scope())

    assert sent.body == b"<p>hello</p>"
    assert sent.raw_headers == [
        (b"content-length", b"12"),
        (b"content-type", b"text/html; charset=utf-8"),
    ]


@pytest.mark.parametrize("positional", range(8))
def test_all_arguments(folder: Path, positional: int) -> None:
    """
    Each one can be given by its place or by its name.
    """
    task = BackgroundTask(print)
    given: Dict[str, Any] = {
        "request": a_request(),
        "name": "page.html",
        "context": {"word": "x"},
        "status_code": 201,
        "headers": {"x-one": "1"},
        "media_type": "application/xhtml+xml",
        "background": task,
    }
    args = list(given.values())[:positional]
    kwargs = dict(list(given.items())[positional:])

    response = Jinja2Templates(folder).TemplateResponse(*args, **kwargs)

    assert response.status_code == 201
    assert response.headers["x-one"] == "1"
    assert response.headers["content-type"] == "application/xhtml+xml"
    assert response.background is task
    assert response.body == b"<p>x</p>"


def test_context_is_copied(folder: Path) -> None:
    """
    A dict that is used for all requests does not keep the first of them.
    """
    templates = from_texts(page="{{ request.url.path }}")
    shared: Dict[str, Any] = {}

    bodies = [
        templates.TemplateResponse(a_request(path=path), "page.html", shared).body
        for path in ("/one", "/two")
    ]

    assert bodies == [b"/one", b"/two"]
    assert shared == {}


def test_own_request_in_the_context() -> None:
    """
    What the caller calls ``request`` is left alone.
    """
    response = from_texts(page="{{ request }}").TemplateResponse(
        a_request(), "page.html", {"request": "mine"}
    )

    assert response.body == b"mine"


def test_unknown_argument(folder: Path) -> None:
    """
    It is ignored, as it has always been, but not in silence.
    """
    with pytest.warns(StarletteDeprecationWarning, match="are ignored: status"):
        response = Jinja2Templates(folder).TemplateResponse(
            a_request(),
            "page.html",
            status=404,  # type: ignore[call-overload]
        )

    assert response.status_code == 200


def test_template_of_a_subclass() -> None:
    """
    ``get_template`` can be overridden, and may return whatever has ``render``.
    """

    class Own:
        def render(self, context: Dict[str, Any]) -> str:
            return f"own {context['word']}"

    class Themes(Jinja2Templates):
        def get_template(self, name: str) -> Any:
            return Own()

    templates = Themes(env=jinja2.Environment())
    response = templates.TemplateResponse(a_request(), "x", {"word": "theme"})

    assert response.body == b"own theme"


def test_subclass_that_makes_everything_itself() -> None:
    """
    What programs know of the class is enough.
    """

    class Own(Jinja2Templates):
        def __init__(self) -> None:
            self.env = jinja2.Environment(loader=jinja2.DictLoader({"x": "own"}))
            self.context_processors = []

    assert Own().TemplateResponse(a_request(), "x").body == b"own"


def test_template_that_is_given_directly() -> None:
    """
    The class of the response can be used alone.
    """
    template = jinja2.Environment(autoescape=True).from_string("{{ word }}")

    response = _TemplateResponse(template, {"word": "<"}, 202)

    assert (response.status_code, response.body) == (202, b"&lt;")


# -- The name comes first ----------------------------------------------------

OLD = "`name` is not the first parameter anymore"
NO_REQUEST = "now requires the `request` argument"


@pytest.mark.parametrize("positional", [1, 2, 3, 6])
def test_old_form(folder: Path, positional: int) -> None:
    """
    It works as it did, and is deprecated on the caller's line.
    """
    given: Dict[str, Any] = {
        "name": "page.html",
        "context": {"word": "x", "request": a_request()},
        "status_code": 201,
        "headers": {"x-one": "1"},
        "media_type": "text/html",
        "background": None,
    }
    args = list(given.values())[:positional]
    kwargs = dict(list(given.items())[positional:])

    with pytest.warns(DeprecationWarning, match=OLD) as caught:
        response = Jinja2Templates(folder).TemplateResponse(*args, **kwargs)

    assert response.body == b"<p>x</p>"
    assert response.status_code == 201
    assert response.headers["x-one"] == "1"
    assert [os.path.basename(w.filename) for w in caught] == [
        os.path.basename(__file__)
    ]


def test_old_form_by_names(folder: Path) -> None:
    """
    It has a warning of its own.
    """
    context = {"request": a_request(), "word": "x"}
    with pytest.warns(DeprecationWarning, match=NO_REQUEST) as caught:
        response = Jinja2Templates(folder).TemplateResponse(
            name="page.html", context=context
        )

    assert response.body == b"<p>x</p>"
    assert [os.path.basename(w.filename) for w in caught] == [
        os.path.basename(__file__)
    ]


@pytest.mark.parametrize("context", [None, {}, {"word": "x"}])
def test_old_form_without_a_request(
    folder: Path, context: Optional[Dict[str, Any]]
) -> None:
    """
    The context must have it.
    """
    with pytest.warns(DeprecationWarning, match=OLD):
        with pytest.raises(ValueError, match='context must include a "request" key'):
            Jinja2Templates(folder).TemplateResponse("page.html", context)


@pytest.mark.parametrize("context", [None, {"word": "x"}])
def test_old_form_with_the_request_by_name(context: Optional[Dict[str, Any]]) -> None:
    """
    A request beside the context will do.
    """
    templates: Any = from_texts(page="{{ request.url.path }}")
    with pytest.warns(DeprecationWarning, match=OLD):
        response = templates.TemplateResponse(
            "page.html", context, request=a_request(path="/here")
        )

    assert response.body == b"/here"


# -- What is in every context ------------------------------------------------


def test_url_for() -> None:
    """
    A URL of a route, with a query if need be, escaped for an attribute.
    """
    response = from_texts(
        page="{{ url_for('home') }} "
        "{{ url_for('home').include_query_params(a='<', b=2) }}"
    ).TemplateResponse(a_request(), "page.html")

    assert response.body == (
        b"http://example.org/home http://example.org/home?a=%3C&amp;b=2"
    )


def test_url_for_of_no_route() -> None:
    """
    The error is that of ``Request.url_for``.
    """
    with pytest.raises(NoMatchFound):
        from_texts(page="{{ url_for('nope') }}").TemplateResponse(
            a_request(), "page.html"
        )


def test_url_for_without_a_request() -> None:
    """
    Macros that were imported without the context are told what they miss.
    """
    templates = from_texts(
        macros="{% macro home() %}{{ url_for('home') }}{% endmacro %}",
        page="{% from 'macros.html' import home %}{{ home() }}",
        right="{% from 'macros.html' import home with context %}{{ home() }}",
    )

    with pytest.raises(KeyError, match="with context"):
        templates.TemplateResponse(a_request(), "page.html")

    right = templates.TemplateResponse(a_request(), "right.html")
    assert right.body == b"http://example.org/home"


def test_global_of_the_environment_wins() -> None:
    """
    A ``url_for`` that is there already stays.
    """
    env = jinja2.Environment(loader=jinja2.DictLoader({"x": "{{ url_for }}"}))
    env.globals["url_for"] = "mine"

    response = Jinja2Templates(env=env).TemplateResponse(a_request(), "x")

    assert response.body == b"mine"


def test_what_middleware_offers() -> None:
    """
    The nonce and the token are variables of the template, unless it has its own.
    """
    templates = from_texts(page="{{ csp_nonce }} {{ csrf_token }} {{ other }}")
    state = {"csp_nonce": "n1", "csrf_token": "t1", "other": "hidden"}
    request = a_request(state=state)

    offered = templates.TemplateResponse(request, "page.html")
    own = templates.TemplateResponse(request, "page.html", {"csp_nonce": "own"})

    assert offered.body == b"n1 t1 "
    assert own.body == b"own t1 "


def test_no_middleware_offers_anything() -> None:
    """
    The context has nothing that the caller did not give, but the request.
    """
    templates = from_texts(page="{% if csrf_token %}token{% endif %}")
    request = a_request(state={"other": 1})

    response = templates.TemplateResponse(request, "page.html")

    assert response.context == {"request": request}
    assert response.body == b""


def test_request_that_is_none() -> None:
    """
    Whatever a program passes for a request is not touched.
    """
    request: Any = None

    response = from_texts(page="{{ request }}").TemplateResponse(request, "page.html")

    assert response.body == b"None"


def test_context_processors() -> None:
    """
    What they return for the request goes over what the caller gave.
    """
    seen: List[Any] = []

    def first(request: Request) -> Dict[str, Any]:
        seen.append(request)
        return {"a": "first", "b": "first"}

    def second(request: Request) -> Dict[str, Any]:
        return {"b": "second"}

    env = jinja2.Environment(loader=jinja2.DictLoader({"x": "{{ a }} {{ b }} {{ c }}"}))
    templates = Jinja2Templates(env=env, context_processors=[first])
    templates.context_processors.append(second)
    request = a_request()

    response = templates.TemplateResponse(request, "x", {"a": "given", "c": "given"})

    assert response.body == b"first second given"
    assert seen == [request]


def test_context_processor_that_is_a_coroutine_function(folder: Path) -> None:
    """
    It is refused at once: nobody would await it.
    """

    async def processor(request: Request) -> None: ...

    with pytest.raises(TypeError, match="must be plain functions, but got the cor"):
        Jinja2Templates(
            folder,
            context_processors=[processor],  # type: ignore[list-item]
        )


# -- Sending -----------------------------------------------------------------


async def test_debug_extension(folder: Path) -> None:
    """
    A client that asks for it gets the template and the context, before the page.
    """
    response = Jinja2Templates(folder).TemplateResponse(a_request(), "page.html")

    sent = await exchange(response, http_scope(extensions=DEBUG))

    assert sent.messages[0] == {
        "type": "http.response.debug",
        "info": {"template": response.template, "context": response.context},
    }
    assert sent.status == 200


async def test_other_extensions(folder: Path) -> None:
    """
    Nobody else gets that message.
    """
    response = Jinja2Templates(folder).TemplateResponse(a_request(), "page.html")

    sent = await exchange(response, http_scope(extensions={"tls": {}}))

    assert [m["type"] for m in sent.messages] == [
        "http.response.start",
        "http.response.body",
    ]


async def test_refusal_of_a_websocket(folder: Path) -> None:
    """
    A page can refuse a WebSocket; there is no message for debugging then.
    """
    response = Jinja2Templates(folder).TemplateResponse(a_request(), "page.html")

    sent = await exchange(response, websocket_scope(extensions=DEBUG))

    assert [m["type"] for m in sent.messages] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]


def test_test_client(folder: Path) -> None:
    """
    A response of the test client has the template and the context.
    """
    templates = Jinja2Templates(folder)

    async def page(request: Request) -> Any:
        return templates.TemplateResponse(request, "page.html", {"word": "hello"})

    response: Any = TestClient(Starlette(routes=[Route("/", page)])).get("/")

    assert response.text == "<p>hello</p>"
    assert response.template.name == "page.html"
    assert response.context["word"] == "hello"
    assert set(response.context) == {"request", "word"}


# -- Errors ------------------------------------------------------------------


def shown_in_debug_mode(folder: Path, name: str, *, accept: str) -> str:
    """The page that a browser gets for an error in a template."""
    templates = Jinja2Templates(folder)

    async def page(request: Request) -> Any:
        return templates.TemplateResponse(request, name)

    app = Starlette(debug=True, routes=[Route("/", page)])
    client = TestClient(app, raise_server_exceptions=False)
    response = client.get("/", headers={"accept": accept})
    assert response.status_code == 500
    return response.text


def test_error_while_rendering_in_debug_mode(folder: Path) -> None:
    """
    The line of the template is shown, escaped, with its number and its file.
    """
    line = "<b>{{ missing.attribute }}</b>"
    (folder / "broken.html").write_text(f"first\n{line}\nlast\n")

    page = shown_in_debug_mode(folder, "broken.html", accept="text/html")

    assert "&lt;b&gt;{{ missing.attribute }}&lt;/b&gt;" in page
    assert line not in page
    assert f"File {folder / 'broken.html'}, line 2" in page


def test_error_of_syntax_in_debug_mode(folder: Path) -> None:
    """
    It is shown in the same way.
    """
    line = "<b>{{ word word }}</b>"
    (folder / "broken.html").write_text(f"first\n{line}\nlast\n")

    page = shown_in_debug_mode(folder, "broken.html", accept="text/html")

    assert "&lt;b&gt;{{ word word }}&lt;/b&gt;" in page
    assert line not in page
    assert f"File {folder / 'broken.html'}, line 2" in page


def test_error_in_an_included_file_in_debug_mode(folder: Path) -> None:
    """
    The line is that of the file that is at fault, in text for other clients too.
    """
    (folder / "page.html").write_text("{% include 'part.html' %}")
    (folder / "part.html").write_text("\n\n{{ 1 // 0 }}")

    page = shown_in_debug_mode(folder, "page.html", accept="text/plain")

    assert f'File "{folder / "part.html"}", line 3' in page
    assert "{{ 1 // 0 }}" in page
