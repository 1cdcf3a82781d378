"""Pages from Jinja2 templates.

What is sent as HTML or XML is escaped, whatever the file of the template is called.
A page is rendered when the response is made; on request in a worker thread, or piece
by piece while it is sent; and by an asynchronous environment when it is sent.

Jinja2 is imported when the first ``Jinja2Templates`` is made.  The classes live in
``_templating``: what finds and prepares a template in ``templates.py``, what sends
it in ``responses.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette._templating.responses import (
    _StreamingTemplateResponse as _StreamingTemplateResponse,
)
from starlette._templating.responses import _TemplateResponse as _TemplateResponse
from starlette._templating.templates import Jinja2Templates

__all__ = ("Jinja2Templates",)

for _public in (Jinja2Templates, _TemplateResponse, _StreamingTemplateResponse):
    _public.__module__ = __name__

if TYPE_CHECKING:
    import jinja2 as jinja2
    from jinja2 import pass_context as pass_context
else:

    def __getattr__(name: str) -> Any:
        # Programs import these from here; whoever does not pays nothing for them.
        if name == "jinja2":
            import jinja2

            return jinja2
        if name == "pass_context":
            from jinja2 import pass_context

            return pass_context
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
