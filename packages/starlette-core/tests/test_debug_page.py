"""The page that shows an exception to a programmer."""

from __future__ import annotations

import builtins
import re
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any, List

import pytest

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import PlainTextResponse

CAUSED = "The above exception was the direct cause of the following exception:"
MEANWHILE = "During handling of the above exception, another exception occurred:"
MEMBER = "The following exception is a member of the group above:"


# A builtin since Python 3.11.
ExceptionGroup: Any = (
    getattr(builtins, "ExceptionGroup", None)
    or import_module("exceptiongroup").ExceptionGroup
)


class Page(HTMLParser):
    """A page, read: its tags, its headings and its notes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.open: List[str] = []
        self.tags: List[str] = []
        self.frames: List[bool] = []
        self.texts: List[Any] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag == "details":
            self.frames.append("open" in dict(attrs))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> List[str]:
        return [text for where, text in self.texts if where == tag]


def page_about(exc: BaseException, **kwargs: Any) -> Page:
    middleware = ServerErrorMiddleware(PlainTextResponse())
    page = Page(middleware.generate_html(exc, **kwargs))  # type: ignore[arg-type]
    assert page.open == []
    return page


def caught(source: str, filename: str = "<no source>") -> Exception:
    """Return what running *source* raises."""
    try:
        exec(compile(source, filename, "exec"), {})
    except Exception as exc:
        return exc
    raise AssertionError("nothing was raised")  # pragma: no cover (a broken test)


def from_file(path: Path, source: str) -> Exception:
    path.write_text(source)
    return caught(source, str(path))


def test_nothing_that_runs_or_loads() -> None:
    """
    There are no scripts, no inline handlers, and nothing to fetch.
    """
    page = page_about(caught("1 / 0"))

    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not re.search(r"<[^>]*\s(on\w+|src|href|style)=", page.html)
    assert page.html.startswith("<!DOCTYPE html>")


def test_markup_in_everything_that_is_shown(tmp_path: Path) -> None:
    """
    File names, source and the error's text are text.
    """
    path = tmp_path / "<i>file.py"
    page = page_about(from_file(path, "raise ValueError('<script>' + '\"&amp;')\n"))

    assert not {"script", "i"} & set(page.tags)
    assert page.of("h2") == ['ValueError: <script>"&amp;']
    assert page.of("title") == ['ValueError: <script>"&amp;']
    assert any("<i>file.py, line 1" in text for text in page.of("summary"))
    assert any("raise ValueError('<script>'" in text for text in page.of("span"))


def test_frames_open_and_closed(tmp_path: Path) -> None:
    """
    The innermost frame shows its source, the others when they are asked.
    """
    exc = from_file(tmp_path / "a.py", "def f():\n    1 / 0\n\nf()\n")
    page = page_about(exc)

    # The last one is the traceback as plain text.
    assert page.frames == [False, False, True, False]
    assert page.of("b") == ["caught", "<module>", "f"]


@pytest.mark.parametrize(
    "lineno, limit, shown",
    [
        (1, 7, [1, 2, 3, 4, 5, 6, 7]),
        (10, 7, [7, 8, 9, 10, 11, 12, 13]),
        (20, 7, [14, 15, 16, 17, 18, 19, 20]),
        (10, 1, [10]),
        (10, 100, list(range(1, 21))),
    ],
)
def test_source_around_a_line(
    tmp_path: Path, lineno: int, limit: int, shown: List[int]
) -> None:
    """
    As many lines as asked for, around the one that was running.
    """
    lines = ["pass"] * 20
    lines[lineno - 1] = "1 / 0"
    exc = from_file(tmp_path / "a.py", "\n".join(lines) + "\n")
    exc.__traceback__ = exc.__traceback__ and exc.__traceback__.tb_next
    source = re.sub("<[^>]*>", "", page_about(exc, limit=limit).html)

    assert [int(n) for n in re.findall(r"^ *(\d+)  (?:pass|1 / 0)$", source, re.M)] == (
        shown
    )


def test_the_line_that_was_running(tmp_path: Path) -> None:
    """
    It is marked, and no other.
    """
    exc = from_file(tmp_path / "a.py", "pass\n1 / 0\npass\n")
    exc.__traceback__ = exc.__traceback__ and exc.__traceback__.tb_next

    assert page_about(exc).of("span") == ["    2  1 / 0"]


def test_a_line_of_great_length(tmp_path: Path) -> None:
    """
    Its beginning is shown.
    """
    exc = from_file(tmp_path / "a.py", f"1 / 0 # {'x' * 1000}\n")
    exc.__traceback__ = exc.__traceback__ and exc.__traceback__.tb_next
    (line,) = page_about(exc).of("span")

    assert line.startswith("    1  1 / 0 # xxx")
    assert line.endswith("x…")
    assert len(line) == 508


@pytest.mark.parametrize("filename", ["<string>", "/no/such/file.py"])
def test_a_frame_without_source(filename: str) -> None:
    """
    Its place is shown all the same.
    """
    page = page_about(caught("1 / 0", filename))

    assert f"File {filename}, line 1, in " in page.of("p")
    assert " (no source)" in page.of("p")


def test_an_error_that_was_never_raised() -> None:
    """
    It has no frames, and is named.
    """
    page = page_about(ValueError("lonely"))

    assert page.of("h2") == ["ValueError: lonely"]
    assert page.frames == [False]


def test_an_error_of_syntax() -> None:
    """
    The line with the error is shown where its text is.
    """
    page = page_about(caught("def f(:\n    pass\n"))
    (heading,) = page.of("h2")

    assert "def f(:" in heading
    assert "SyntaxError: invalid syntax" in heading


def test_an_error_whose_text_cannot_be_had() -> None:
    """
    The page is made without it.
    """

    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    (heading,) = page_about(Mute()).of("h2")

    assert "Mute: <" in heading


def test_an_error_with_many_lines_of_text() -> None:
    """
    The title has the first of them.
    """
    page = page_about(ValueError("first\nsecond"))

    assert page.of("title") == ["ValueError: first"]
    assert page.of("h2") == ["ValueError: first\nsecond"]


def test_an_error_from_another() -> None:
    """
    The cause comes first, and a sentence joins the two.
    """
    page = page_about(
        caught(
            "try:\n    1 / 0\nexcept ArithmeticError as e:\n    raise ValueError from e"
        )
    )

    assert page.of("h2") == ["ZeroDivisionError: division by zero", "ValueError"]
    assert [text for text in page.of("p") if text.endswith(":")] == [CAUSED]


def test_an_error_while_handling_another() -> None:
    """
    The first one comes first, and a sentence joins the two.
    """
    page = page_about(
        caught("try:\n    1 / 0\nexcept ArithmeticError:\n    raise ValueError")
    )

    assert page.of("h2") == ["ZeroDivisionError: division by zero", "ValueError"]
    assert [text for text in page.of("p") if text.endswith(":")] == [MEANWHILE]


def test_an_error_that_hides_another() -> None:
    """
    What was hidden stays so.
    """
    page = page_about(
        caught(
            "try:\n    1 / 0\nexcept ArithmeticError:\n    raise ValueError from None"
        )
    )

    assert page.of("h2") == ["ValueError"]


def test_errors_in_a_ring() -> None:
    """
    Each is shown once.
    """
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    page = page_about(first)

    assert page.of("h2") == ["ValueError: second", "ValueError: first"]
    assert [text for text in page.of("p") if text.endswith(":")] == [CAUSED]


def test_a_chain_of_errors_without_end() -> None:
    """
    The last twenty are shown.
    """
    last: Exception = ValueError(0)
    for number in range(1, 50):
        exc = ValueError(number)
        exc.__cause__, last = last, exc
    page = page_about(last)

    assert page.of("h2") == [f"ValueError: {number}" for number in range(30, 50)]
    assert page.of("p") == [CAUSED] * 19


def test_recursion_without_end() -> None:
    """
    The outermost and the innermost frames are shown, and how many are not.
    """
    page = page_about(caught("def f(n):\n    1 / n\n    f(n - 1)\nf(100)"))

    assert "54 frames are left out" not in page.html
    assert "53 frames are left out" in page.html
    assert len(page.of("b")) == 50


@pytest.mark.parametrize("count, shown", [(2, 2), (25, 20)])
def test_a_group_of_errors(count: int, shown: int) -> None:
    """
    Its members come after it, each with a sentence; twenty of them at most.
    """
    page = page_about(ExceptionGroup("several", [ValueError("member")] * count))

    assert page.of("h2")[1:] == ["ValueError: member"] * shown
    assert "sub-exceptions" in page.of("h2")[0]
    assert page.of("p").count(MEMBER) == shown


def test_a_group_in_a_group() -> None:
    """
    The members of an inner group follow it, before those after it.
    """
    inner = ExceptionGroup("inner", [ValueError(1), ValueError(2)])
    page = page_about(ExceptionGroup("outer", [inner, ValueError(3)]))
    outer_name, inner_name, *members = page.of("h2")

    assert "ExceptionGroup: outer" in outer_name
    assert "ExceptionGroup: inner" in inner_name
    assert members == ["ValueError: 1", "ValueError: 2", "ValueError: 3"]


def test_the_traceback_to_copy() -> None:
    """
    It is the one that Python prints.
    """
    exc = caught("1 / 0")
    page = page_about(exc)
    printed = ServerErrorMiddleware(PlainTextResponse()).generate_plain_text(exc)

    assert page.of("pre")[-1] == printed
