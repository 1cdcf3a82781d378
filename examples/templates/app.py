"""The application: one page with a form, and what happens to what is sent.

A form that is accepted is answered with a redirect, so that reloading the page does
not send it again. What there is to say about it travels in a cookie, as a word that
stands for the message: text from a cookie could be anybody's.
"""

from __future__ import annotations

import secrets
from collections import deque
from pathlib import Path
from typing import Deque, Dict, Optional, Tuple

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.csrf import CSRFMiddleware
from starlette.middleware.security_headers import SecurityHeadersMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

LONGEST = {"name": 40, "text": 200}
MESSAGES = {"signed": "Thank you for signing!"}

templates = Jinja2Templates(directory=Path(__file__).parent / "pages")
# The last ones; they are gone when the program ends.
entries: Deque[Tuple[str, str]] = deque(maxlen=20)


async def index(request: Request) -> Response:
    """Show the guest book, and once the message that the last form has left."""
    flash = request.cookies.get("flash", "")
    response = page(request, message=MESSAGES.get(flash))
    if flash:
        response.delete_cookie("flash")
    return response


async def sign(request: Request) -> Response:
    """Take an entry, or show the form again with what is wrong."""
    async with request.form() as form:
        values = {name: str(form.get(name, "")).strip() for name in LONGEST}
    errors = {
        name: f"1 to {longest} characters, please."
        for name, longest in LONGEST.items()
        if not 0 < len(values[name]) <= longest
    }
    if errors:
        return page(request, status=422, values=values, errors=errors)
    entries.appendleft((values["name"], values["text"]))
    response = RedirectResponse(request.url_for("index"), status_code=303)
    response.set_cookie("flash", "signed", httponly=True, max_age=60)
    return response


def page(
    request: Request,
    *,
    status: int = 200,
    message: Optional[str] = None,
    values: Optional[Dict[str, str]] = None,
    errors: Optional[Dict[str, str]] = None,
) -> Response:
    """The guest book, and the form as it was sent."""
    context = {
        "entries": entries,
        "message": message,
        "values": values or {},
        "errors": errors or {},
        "longest": LONGEST,
    }
    return templates.TemplateResponse(request, "index.html", context, status)


app = Starlette(
    routes=[
        Route("/", index, methods=["GET"]),
        Route("/sign", sign, methods=["POST"], max_body_size=64 * 1024),
    ],
    middleware=[
        # These two give the templates `csp_nonce` and `csrf_token`.
        Middleware(SecurityHeadersMiddleware),
        # A program that is restarted, or runs more than once, needs a lasting key.
        Middleware(CSRFMiddleware, secret_key=secrets.token_hex()),
    ],
)
