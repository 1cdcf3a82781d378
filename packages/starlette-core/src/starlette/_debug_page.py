"""The page that shows an exception to the programmer who caused it.

One HTML document without scripts and without anything to fetch: frames open
and close because they are ``<details>``, so the page works under a strict
Content Security Policy, and it brings one of its own.

Whatever comes from outside (source code, file names, the text of the
exception) goes through ``escape``.  Values of variables are not shown: they
hold passwords.
"""

from __future__ import annotations

import linecache
import traceback
from html import escape
from inspect import FrameInfo
from types import FrameType
from typing import Callable, Iterator, List, Optional, Set, Tuple

from starlette._compat import grouped_exceptions

__all__ = ("HEADERS", "render_frame", "render_line", "render_page")

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}

# What is shown at most: frames of one exception (the first and the last),
# exceptions of one page, characters of a line of source.
_FIRST_FRAMES = 10
_LAST_FRAMES = 40
_MOST_EXCEPTIONS = 20
_LONGEST_LINE = 500

# As the traceback module says it.
_CAUSED = "The above exception was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception, another exception occurred:"
_MEMBER = "The following exception is a member of the group above:"

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --mark: #d9480f; --soft: #8883; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; }}
h1 {{ font-size: 1rem; font-weight: normal; margin: 0; }}
h2, pre, summary {{ font-family: ui-monospace, monospace; }}
h2 {{ color: var(--mark); font-size: 1.25rem; margin: 0 0 1rem; overflow-wrap: anywhere;
  white-space: pre-wrap; }}
pre {{ background: var(--soft); font-size: .85rem; margin: 0; overflow-x: auto;
  padding: .75rem; }}
summary {{ cursor: pointer; font-size: .9rem; overflow-wrap: anywhere;
  padding: .35rem; }}
details, section {{ margin: .25rem 0; }}
section {{ margin-top: 1.5rem; }}
.note {{ opacity: .75; }}
.running {{ background: var(--soft); color: var(--mark); font-weight: bold; }}
</style>
</head>
<body>
<h1>500 Server Error</h1>
{exceptions}
<section>
<details>
<summary>Plain text</summary>
<pre>{plain_text}</pre>
</details>
</section>
</body>
</html>
"""


def render_page(
    exc: BaseException,
    limit: int,
    *,
    render_frame: Callable[[FrameInfo, bool], str],
    plain_text: str,
) -> str:
    """Return the page about *exc*, with the exceptions that led to it before it.

    Args:
        exc: The exception.
        limit: How many lines of source to show for each frame.
        render_frame: Called for each frame, and whether it starts collapsed.
        plain_text: The traceback to copy.
    """
    parts = []
    for sentence, one in _story(exc):
        if sentence:
            parts.append(f'<p class="note">{sentence}</p>')
        parts.append(_render_exception(one, limit, render_frame))
    return _PAGE.format(
        title=escape(_headline(exc).partition("\n")[0]),
        exceptions="\n".join(parts),
        plain_text=escape(plain_text),
    )


def render_frame(
    frame: FrameInfo,
    is_collapsed: bool,
    *,
    render_line: Callable[[int, str, int, int], str],
) -> str:
    """Return the place of a frame, and the source around it to fold out.

    Args:
        frame: The frame.
        is_collapsed: Whether the source is folded at first.
        render_line: Called with the index and the text of a line, the number of
            the running one, and the index of the running one.
    """
    place = (
        f"File {escape(frame.filename)}, line {frame.lineno}, "
        f"in <b>{escape(frame.function)}</b>"
    )
    if frame.code_context is None or frame.index is None:
        return f'<p class="note">{place} (no source)</p>'
    lines = "".join(
        render_line(index, line, frame.lineno, frame.index)
        for index, line in enumerate(frame.code_context)
    )
    state = "" if is_collapsed else " open"
    return (
        f"<details{state}>\n<summary>{place}</summary>\n<pre>{lines}</pre>\n</details>"
    )


def render_line(line: str, lineno: int, running: int) -> str:
    """Return a numbered line of source, marked if it is the *running* one."""
    text = line.rstrip("\r\n")
    if len(text) > _LONGEST_LINE:
        text = text[:_LONGEST_LINE] + "…"
    numbered = f"{lineno:>5}  {escape(text)}"
    if lineno == running:
        numbered = f'<span class="running">{numbered}</span>'
    return numbered + "\n"


def _render_exception(
    exc: BaseException, limit: int, render_frame: Callable[[FrameInfo, bool], str]
) -> str:
    parts = [f"<h2>{escape(_headline(exc))}</h2>"]
    frames = list(traceback.walk_tb(exc.__traceback__))
    left_out = len(frames) - _FIRST_FRAMES - _LAST_FRAMES
    for number, (frame, lineno) in enumerate(frames):
        if left_out > 0 and number == _FIRST_FRAMES:
            parts.append(f'<p class="note">{left_out} frames are left out</p>')
        if not _FIRST_FRAMES <= number < _FIRST_FRAMES + left_out:
            info = _frame_info(frame, lineno, limit)
            parts.append(render_frame(info, number < len(frames) - 1))
    return "<section>\n" + "\n".join(parts) + "\n</section>"


def _headline(exc: BaseException) -> str:
    # The traceback module copes with a __str__ that fails, and draws the line
    # of a SyntaxError.
    return "".join(traceback.format_exception_only(type(exc), exc)).rstrip()


def _story(exc: BaseException) -> List[Tuple[str, BaseException]]:
    """Return *exc* after what led to it, and before what it groups.

    Each exception comes with the sentence that joins it to the one before.
    """
    chain: List[Tuple[str, BaseException]] = []
    seen: Set[int] = set()
    one: Optional[BaseException] = exc
    # Programs can tie an exception's context into a ring.
    while one is not None and id(one) not in seen and len(chain) < _MOST_EXCEPTIONS:
        seen.add(id(one))
        sentence, earlier = _led_to(one)
        chain.append((sentence, one))
        one = earlier
    chain[-1] = "", chain[-1][1]
    return [*reversed(chain), *_members(exc)]


def _led_to(exc: BaseException) -> Tuple[str, Optional[BaseException]]:
    if exc.__cause__ is not None:
        return _CAUSED, exc.__cause__
    if exc.__suppress_context__:
        return "", None
    return _MEANWHILE, exc.__context__


def _members(group: BaseException) -> Iterator[Tuple[str, BaseException]]:
    waiting = list(grouped_exceptions(group))
    for _ in range(_MOST_EXCEPTIONS):
        if not waiting:
            return
        one = waiting.pop(0)
        yield _MEMBER, one
        waiting[:0] = grouped_exceptions(one)


def _frame_info(frame: FrameType, lineno: int, limit: int) -> FrameInfo:
    filename, function = frame.f_code.co_filename, frame.f_code.co_name
    # Not inspect.getframeinfo(): it looks for the module of every frame among
    # all that are loaded, which takes seconds for a deep traceback.
    linecache.checkcache(filename)
    lines = linecache.getlines(filename, frame.f_globals)
    if not 0 < lineno <= len(lines):
        return FrameInfo(frame, filename, lineno, function, None, None)
    first = max(0, min(lineno - 1 - limit // 2, len(lines) - limit))
    shown = lines[first : first + limit]
    return FrameInfo(frame, filename, lineno, function, shown, lineno - 1 - first)
