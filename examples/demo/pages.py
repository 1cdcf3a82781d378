"""How the demo looks: a frame around each page, and the few pieces inside it.

Text that came from outside goes through `html.escape` here, and nowhere else:
`page` takes HTML, `paragraph` and `table` make it from plain text.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Iterable, Mapping, Optional, Tuple, Union

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

HERE = Path(__file__).parent / "pages"
FRAME = Template((HERE / "frame.html").read_text(encoding="utf-8"))
INDEX = (HERE / "index.html").read_text(encoding="utf-8")
BACK = '<p><a href="/" data-status="200">Back to the tour</a></p>'

Rows = Union[Mapping[str, object], Iterable[Tuple[str, object]]]


def page(
    title: str,
    *body: str,
    status: int = 200,
    headers: Optional[Mapping[str, str]] = None,
) -> HTMLResponse:
    """A whole page from pieces of HTML; the title is plain text."""
    html = FRAME.substitute(title=escape(title), body="\n".join((*body, BACK)))
    return HTMLResponse(html, status_code=status, headers=headers)


def index() -> HTMLResponse:
    """The first page."""
    return HTMLResponse(FRAME.substitute(title="Starlette, a tour", body=INDEX))


def paragraph(text: str) -> str:
    """One paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def table(rows: Rows) -> str:
    """Two columns of plain text; the first one names the second."""
    pairs = rows.items() if isinstance(rows, Mapping) else rows
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(value))}</td></tr>\n'
        for name, value in pairs
    )
    return f"<table>\n{cells}</table>"


async def style(request: Request) -> Response:
    """The style sheet that the frame links to."""
    return FileResponse(HERE / "style.css")


async def script(request: Request) -> Response:
    """The script that the frame links to."""
    return FileResponse(HERE / "script.js")
