"""A small page of Jinja2: a layout, a loop of five rows, a URL, a variable escaped."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster

ORDER = 400

_TEMPLATES = {
    "layout.html": (
        "<!DOCTYPE html>\n<title>{% block title %}{% endblock %}</title>\n"
        '<a href="{{ url_for("page") }}">Home</a>\n'
        "{% block body %}{% endblock %}\n"
    ),
    "page.html": (
        '{% extends "layout.html" %}\n{% block title %}{{ title }}{% endblock %}\n'
        "{% block body %}<ul>\n{% for item in items %}<li>{{ item }}</li>\n{% endfor %}"
        "</ul>{% endblock %}\n"
    ),
}
_ITEMS = ["one", "two", "three & more", "four", "five"]
_BODY = (
    b'<!DOCTYPE html>\n<title>&lt;Items&gt;</title>\n<a href="http://127.0.0.1:8000/">'
    b"Home</a>\n<ul>\n<li>one</li>\n<li>two</li>\n<li>three &amp; more</li>\n"
    b"<li>four</li>\n<li>five</li>\n</ul>"
)


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.templating import Jinja2Templates

    # Files, as programs have them: Jinja2 looks whether they have changed.
    folder = Path(tempfile.mkdtemp(prefix="starlette-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, text in _TEMPLATES.items():
        (folder / name).write_text(text)
    templates = Jinja2Templates(str(folder))

    async def page(request: Request) -> Response:
        context = {"title": "<Items>", "items": _ITEMS}
        return templates.TemplateResponse(request, "page.html", context)

    return Starlette(routes=[Route("/", page, name="page")])


CASES = (
    Case(
        name="template",
        title="small page of Jinja2, with a layout",
        exchange=lambda: Http(
            "GET",
            "/",
            Answer(body=_BODY, headers={"content-type": "text/html; charset=utf-8"}),
        ),
        apps={"starlette": _starlette},
        targets=(Faster(1.3),),
        requires={"starlette": ("jinja2>=3.1.6",)},
    ),
)
