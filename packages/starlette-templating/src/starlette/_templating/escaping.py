"""Whether a template is escaped: by the media type it is sent as, not by its file.

Jinja2 decides when it compiles a template, from the setting of the environment and
the name of the template.  What must be escaped and is not is compiled once more, in
an overlay of its environment that escapes everything it loads: parents, includes and
imports too.  The environment itself is not touched, since a program may use it for
e-mails and the like.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import is_
from typing import Any, List, Mapping, Optional, Tuple

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

__all__ = ("EscapingOverlay",)

_IS_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII).fullmatch

# For these browsers look into the body to see what it is, as they do for a media type
# that they cannot read (WHATWG MIME Sniffing, section 7).
_UNKNOWN = frozenset(("unknown/unknown", "application/unknown"))


class EscapingOverlay:
    """Finds the escaped form of templates.

    It keeps an overlay of the environment that it has met last, and makes it anew when
    a setting of that environment has changed.
    """

    def __init__(self) -> None:
        # In one tuple, since plain endpoints ask for templates in several threads.
        self._made: Optional[Tuple[List[Any], Environment]] = None

    def template_for(
        self,
        template: Any,
        media_type: Optional[str],
        headers: Optional[Mapping[str, str]],
    ) -> Any:
        """Return *template*, compiled so that it fits what is sent.

        A template that was made from text, and not loaded, is returned as it is; so
        is what a ``ModuleLoader`` has compiled beforehand.

        Args:
            template: The template, as its environment has it.
            media_type: Of the response; ``None`` stands for ``text/html``.
            headers: Of the response; a ``Content-Type`` among them goes first.
        """
        env: Optional[Environment] = getattr(template, "environment", None)
        # A function as the setting is asked for each file that the template includes,
        # by its name, so what it says of this one is not enough.
        if env is None or env.autoescape is True or template.name is None:
            return template
        if not _is_sent_as_markup(media_type, headers):
            return template
        own_globals = template.globals.maps[0]
        return self._overlay_of(env).get_template(template.name, globals=own_globals)

    def _overlay_of(self, env: Environment) -> Environment:
        settings = [*vars(env).values(), *env.extensions.values()]
        if self._made is not None:
            known, overlay = self._made
            if len(known) == len(settings) and all(map(is_, known, settings)):
                return overlay
        cache = env.bytecode_cache
        overlay = env.overlay(
            autoescape=True,
            bytecode_cache=None if cache is None else _EscapedBytecode(cache),
        )
        self._made = settings, overlay
        return overlay


def _is_sent_as_markup(
    media_type: Optional[str], headers: Optional[Mapping[str, str]]
) -> bool:
    """Tell whether a client may read a response as HTML or XML."""
    if headers:
        for name, value in headers.items():
            if name.lower() == "content-type":
                return _is_markup(value)
    return media_type is None or _is_markup(media_type)


@lru_cache(maxsize=256)
def _is_markup(media_type: str) -> bool:
    essence = media_type.partition(";")[0].strip().lower()
    if not _IS_MEDIA_TYPE(essence) or essence in _UNKNOWN:
        return True
    return essence.endswith(("html", "xml"))


class _EscapedBytecode(BytecodeCache):
    """A bytecode cache within another one, under other keys.

    The keys of Jinja2 do not tell whether the code escapes.
    """

    def __init__(self, cache: BytecodeCache) -> None:
        self._cache = cache

    def get_cache_key(self, name: str, filename: Optional[str] = None) -> str:
        return self._cache.get_cache_key(name, filename) + "-escaped"

    def load_bytecode(self, bucket: Bucket) -> None:
        self._cache.load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._cache.dump_bytecode(bucket)
