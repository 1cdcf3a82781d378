"""Settings from the environment and from a ``.env`` file.

The environment wins over the file, the file over a default.  A value is looked
up when it is asked for; the file is read once, when the ``Config`` is made.

``environ`` is ``os.environ`` with a guard: what has been read cannot be
changed any more, so that a test that sets a variable too late fails at once.
"""

from __future__ import annotations

import os
import re
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    Mapping,
    MutableMapping,
    Optional,
    Set,
    Tuple,
    Type,
    TypeVar,
    Union,
    overload,
)

__all__ = ("Config", "Environ", "EnvironError", "environ", "undefined")

T = TypeVar("T")

_COMMENT = re.compile(r"\s+#")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class undefined:
    """Stands for a default that was not given, where ``None`` may be one."""


class EnvironError(Exception):
    """A variable was changed after it had been read."""


class Environ(MutableMapping[str, str]):
    """A mapping in which a key that has been read can no longer be changed.

    Looking for a key that is missing counts as reading it; iterating does not.

    Args:
        environ: The mapping behind it.  Changes are made there.
    """

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._has_been_read: Set[str] = set()

    def _require_unread(self, key: str, action: str) -> None:
        if key in self._has_been_read:
            raise EnvironError(
                f"Attempting to {action} environ[{key!r}], "
                "but the value has already been read."
            )

    def __getitem__(self, key: str) -> str:
        self._has_been_read.add(key)
        return self._environ[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._require_unread(key, "set")
        self._environ[key] = value

    def __delitem__(self, key: str) -> None:
        self._require_unread(key, "delete")
        del self._environ[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


environ: Environ = Environ()


class Config:
    """Looks settings up and casts them.

    Args:
        env_file: A file of lines ``KEY=value``.  One that does not exist is
            warned about and taken for empty.
        environ: What to look in before the file.
        env_prefix: Put before every key that is asked for.
        encoding: How the file is encoded.

    In the file, blank lines and lines that start with ``#`` are skipped, as is
    ``export`` before a key.  A value is stripped, and one pair of matching
    quotes around it is taken off; a comment may follow those.  Nothing in it
    is escaped or expanded.

    Attributes:
        environ: As given.
        env_prefix: As given.
        file_values: What the file holds.

    Raises:
        UnicodeDecodeError: If the file is not in *encoding*.
    """

    def __init__(
        self,
        env_file: Union[str, os.PathLike[str], None] = None,
        environ: Mapping[str, str] = environ,
        env_prefix: str = "",
        encoding: str = "utf-8",
    ) -> None:
        self.environ = environ
        self.env_prefix = env_prefix
        self.file_values: Dict[str, str] = {}
        if env_file is None:
            return
        if os.path.isfile(env_file):
            self.file_values = _read(env_file, encoding)
        else:
            from warnings import warn

            warn(f"Config file '{os.fspath(env_file)}' not found.", stacklevel=2)

    @overload
    def __call__(self, key: str, *, default: None) -> Optional[str]: ...

    @overload
    def __call__(self, key: str, cast: Type[T], default: T = ...) -> T: ...

    @overload
    def __call__(self, key: str, cast: Type[str] = ..., default: str = ...) -> str: ...

    @overload
    def __call__(self, key: str, cast: Callable[[Any], T], default: Any = ...) -> T: ...

    @overload
    def __call__(
        self, key: str, cast: Type[str] = ..., default: T = ...
    ) -> Union[T, str]: ...

    def __call__(
        self,
        key: str,
        cast: Optional[Callable[[Any], Any]] = None,
        default: Any = undefined,
    ) -> Any:
        """Look *key* up: the same as ``get``."""
        return self.get(key, cast, default)

    def get(
        self,
        key: str,
        cast: Optional[Callable[[Any], Any]] = None,
        default: Any = undefined,
    ) -> Any:
        """Return the value of *key*.

        Args:
            key: Its name, without the prefix.
            cast: Makes the value what it is to be; called with the text, or
                with the default.  ``bool`` knows ``true``, ``1``, ``false``
                and ``0``, in any case.
            default: The value if there is none.  ``None`` is never cast.

        Raises:
            KeyError: If there is neither a value nor a default.
            ValueError: If *cast* does not take the value.
        """
        key = self.env_prefix + key
        for source in (self.environ, self.file_values):
            if key in source:
                return self._perform_cast(key, source[key], cast)
        if default is undefined:
            raise KeyError(f"Config '{key}' is missing, and has no default.")
        return self._perform_cast(key, default, cast)

    def _perform_cast(
        self, key: str, value: Any, cast: Optional[Callable[[Any], Any]] = None
    ) -> Any:
        if cast is None or value is None:
            return value
        try:
            if cast is bool and isinstance(value, str):
                return _read_bool(value)
            return cast(value)
        except (TypeError, ValueError) as error:
            kind = getattr(cast, "__name__", repr(cast))
            raise ValueError(
                f"Config '{key}' has value '{value}'. Not a valid {kind}."
            ) from error


def _read_bool(text: str) -> bool:
    # bool("false") would be true.
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _read(path: Union[str, os.PathLike[str]], encoding: str) -> Dict[str, str]:
    with open(path, encoding=encoding) as file:
        text = file.read()
    pairs = map(_parse_line, text.lstrip("\ufeff").split("\n"))
    return dict(pair for pair in pairs if pair is not None)


def _parse_line(line: str) -> Optional[Tuple[str, str]]:
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals or key.startswith("#"):
        return None
    words = key.split()
    if len(words) == 2 and words[0] == "export":
        key = words[1]
    return key, _unquote(value.strip())


def _unquote(value: str) -> str:
    quote = value[:1]
    if quote not in ("'", '"'):
        return value
    inside, closing, rest = value[1:].partition(quote)
    if closing and (not rest or _COMMENT.match(rest)):
        return inside
    return value[1:-1] if len(value) > 1 and value[-1] == quote else value
