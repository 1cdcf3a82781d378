"""Templates are escaped by what is sent, whatever their files are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

import jinja2
import pytest

from starlette.requests import Request
from starlette.templating import Jinja2Templates
from starlette.testing import http_scope

REQUEST = Request(http_scope())
PAGES = {
    "page.html": "{{ word }}",
    "page.jinja": "{{ word }}",
    "layout.jinja": "{{ word }}{% block body %}{% endblock %}",
    "child.html": (
        "{% extends 'layout.jinja' %}{% block body %}{{ word }}{% endblock %}"
    ),
    "includes.html": "{% include 'page.jinja' %}",
    "macros.jinja": "{% macro show(word) %}{{ word }}{% endmacro %}",
    "imports.html": "{% from 'macros.jinja' import show %}{{ show(word) }}",
    "safe.jinja": "{{ word|safe }}",
    "off.jinja": "{% autoescape false %}{{ word }}{% endautoescape %}",
    "global.jinja": "{{ own }}",
}


def body(
    templates: Jinja2Templates,
    name: str = "page.jinja",
    media_type: Optional[str] = None,
    headers: Optional[Dict[str, str]] = None,
) -> str:
    """What is sent of a template with a variable that has to be escaped."""
    response = templates.TemplateResponse(
        REQUEST, name, {"word": "<"}, media_type=media_type, headers=headers
    )
    return bytes(response.body).decode()


def environment(**options: Any) -> jinja2.Environment:
    """An environment of a program's own."""
    return jinja2.Environment(loader=jinja2.DictLoader(PAGES), **options)


every_setting = pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="default"),
        pytest.param({"autoescape": jinja2.select_autoescape()}, id="by-name"),
        pytest.param({"autoescape": True}, id="always"),
    ],
)


@pytest.mark.parametrize("name", ["page.html", "page.jinja", "page.txt", "page"])
def test_folder(tmp_path: Path, name: str) -> None:
    """
    Everything that comes from a folder is escaped.
    """
    (tmp_path / name).write_text("{{ word }}")

    assert body(Jinja2Templates(tmp_path), name) == "&lt;"


@pytest.mark.parametrize("name", ["page.html", "page.jinja"])
@every_setting
def test_html_of_any_environment(options: Dict[str, Any], name: str) -> None:
    """
    What is sent as HTML is escaped, whatever the environment would do.
    """
    templates = Jinja2Templates(env=environment(**options))

    assert body(templates, name) == "&lt;"
    assert body(templates, name) == "&lt;"


@pytest.mark.parametrize(
    "name, expected",
    [("child.html", "&lt;&lt;"), ("includes.html", "&lt;"), ("imports.html", "&lt;")],
)
@every_setting
def test_files_of_a_page(options: Dict[str, Any], name: str, expected: str) -> None:
    """
    Parents, includes and macros are part of the page, and escaped with it.
    """
    templates = Jinja2Templates(env=environment(**options))

    assert body(templates, name) == expected


def test_options_of_a_folder(tmp_path: Path) -> None:
    """
    A function that looks at names does not switch it off.
    """
    (tmp_path / "page.jinja").write_text("{{ word }}")
    with pytest.warns(DeprecationWarning, match="Extra environment options"):
        templates = Jinja2Templates(tmp_path, autoescape=jinja2.select_autoescape())

    assert body(templates) == "&lt;"


MARKUP = [
    "text/html",
    "TEXT/HTML; charset=utf-8",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "application/xml",
    "",
    "html",
    "*/*",
    "unknown/unknown",
]


@pytest.mark.parametrize("media_type", MARKUP)
def test_media_type_that_is_markup(media_type: str) -> None:
    """
    XML has scripts as HTML has; and what is no media type is looked into.
    """
    templates = Jinja2Templates(env=environment())

    assert body(templates, media_type=media_type) == "&lt;"
    assert body(templates, headers={"Content-Type": media_type}) == "&lt;"


@pytest.mark.parametrize("media_type", ["text/plain", "text/csv; x=y", "text/markdown"])
def test_media_type_that_is_not_markup(media_type: str) -> None:
    """
    The environment decides what is done to plain text.
    """
    templates = Jinja2Templates(env=environment())
    careful = Jinja2Templates(env=environment(autoescape=True))

    assert body(templates, media_type=media_type) == "<"
    assert body(templates, headers={"content-type": media_type}) == "<"
    assert body(careful, media_type=media_type) == "&lt;"


def test_header_goes_before_the_media_type() -> None:
    """
    The header is what is sent.
    """
    templates = Jinja2Templates(env=environment())
    html = {"x-other": "text/plain", "Content-Type": "text/html"}

    assert body(templates, media_type="text/plain", headers=html) == "&lt;"
    assert body(templates, media_type="text/plain", headers={"x-other": "1"}) == "<"


@pytest.mark.parametrize("name", ["safe.jinja", "off.jinja"])
def test_template_that_says_so(name: str) -> None:
    """
    A template can say what needs no escaping.
    """
    assert body(Jinja2Templates(env=environment()), name) == "<"


def test_environment_that_decides() -> None:
    """
    ``autoescape=False`` leaves it to the environment, without a warning.
    """
    by_name = environment(autoescape=jinja2.select_autoescape())

    assert body(Jinja2Templates(env=environment(), autoescape=False)) == "<"
    assert body(Jinja2Templates(env=by_name, autoescape=False), "page.html") == "&lt;"


def test_folder_that_is_not_escaped(tmp_path: Path) -> None:
    """
    The old way to switch it off still does.
    """
    (tmp_path / "page.jinja").write_text("{{ word }}")
    with pytest.warns(DeprecationWarning, match="Extra environment options"):
        templates = Jinja2Templates(tmp_path, autoescape=False)

    assert body(templates) == "<"


def test_environment_is_not_touched() -> None:
    """
    The program's own use of its environment goes on as it was.
    """
    env = environment()
    templates = Jinja2Templates(env=env)

    assert body(templates) == "&lt;"
    assert env.get_template("page.jinja").render(word="<") == "<"
    assert templates.get_template("page.jinja").render(word="<") == "<"
    assert env.autoescape is False


def test_environment_that_changes() -> None:
    """
    Settings, extensions, filters and globals that come later are heeded.
    """
    env = environment()
    templates = Jinja2Templates(env=env)
    assert body(templates) == "&lt;"

    env.loader = jinja2.DictLoader({"page.jinja": "{{ word }} {{ added }} {% do 1 %}"})
    env.globals["added"] = "later"
    env.add_extension("jinja2.ext.do")

    assert body(templates) == "&lt; later "
    env.trim_blocks = True
    assert body(templates) == "&lt; later "


def test_globals_of_one_template() -> None:
    """
    What ``get_template`` was given for one template is there in its escaped form.
    """

    class WithGlobals(Jinja2Templates):
        def get_template(self, name: str) -> jinja2.Template:
            return self.env.get_template(name, globals={"own": "<own>"})

    assert body(WithGlobals(env=environment()), "global.jinja") == "&lt;own&gt;"


def test_template_from_text() -> None:
    """
    What was not loaded cannot be loaded again, and stays as it is.
    """

    class FromText(Jinja2Templates):
        def get_template(self, name: str) -> jinja2.Template:
            return self.env.from_string("{{ word }}")

    assert body(FromText(env=environment()), "any") == "<"
    assert body(FromText(env=environment(autoescape=True)), "any") == "&lt;"


def test_bytecode_cache(tmp_path: Path) -> None:
    """
    Both forms of a template are cached, and kept apart.
    """
    env = environment(bytecode_cache=jinja2.FileSystemBytecodeCache(str(tmp_path)))
    templates = Jinja2Templates(env=env)

    for _ in range(2):  # compiled; then loaded from the cache
        assert body(templates) == "&lt;"
        assert body(templates, media_type="text/plain") == "<"
        templates = Jinja2Templates(env=env.overlay(trim_blocks=False))

    assert len(list(tmp_path.iterdir())) == 2
