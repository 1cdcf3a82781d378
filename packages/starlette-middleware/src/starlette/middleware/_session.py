"""The session as a program sees it: a dict that knows whether it was used.

A session is what JSON can hold.  It is read from its text at the first use, and from
then on its class is ``Session``, whose reading methods are those of ``dict``: what was
never asked for is never parsed, and what was costs what a dict costs.

Where the text comes from is in ``sessions.py`` and ``_session_cookie.py``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from starlette._json import decode_json, encode_json

__all__ = ("Session", "UnreadSession", "decode_session", "encode_session")

if TYPE_CHECKING:
    _Dict = Dict[str, Any]
else:
    _Dict = dict


class Session(_Dict):
    """The values of one session: a dict of what JSON can hold.

    What is put in as a tuple comes back as a list, and keys come back as text.  A
    change inside of a value (``session["cart"].append(...)``) is noticed too: a
    session that was read is compared with what it was read from.

    Attributes:
        accessed: Whether it was read or changed in this request.
        modified: Whether a key was set or removed in this request.  May be set to
            have the session written whether or not it has changed.
    """

    # Of their own, so that a session nobody looks at gets no dict of attributes: two
    # thirds of what it costs to make one.
    __slots__ = ("__dict__", "__weakref__", "_read", "_source")

    accessed: bool = False
    modified: bool = False
    # Asked for by regenerate() and clear(); see _session_records.py.
    _needs_new_id = False
    _is_cleared = False
    # The JSON that it was read from.
    _text: Optional[bytes] = None

    def regenerate(self) -> None:
        """Keep the values under a new session id; the old id is worth nothing then.

        To be called when somebody logs in or gains rights.  It answers session
        fixation: an attacker who has made the victim use a session that he knows
        does not share what it becomes.  Without a store there is no id, and the
        cookie is signed anew.
        """
        self._needs_new_id = True
        self.modified = True

    def clear(self) -> None:
        """Remove everything: the session ends, what is set later is another one."""
        self._is_cleared = True
        self.modified = True
        dict.clear(self)

    def __setitem__(self, key: str, value: Any) -> None:
        self.modified = True
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: str) -> None:
        dict.__delitem__(self, key)
        self.modified = True

    def __ior__(self, other: Any) -> Session:  # type: ignore[override,misc]
        self.update(other)
        return self

    def pop(self, key: str, *default: Any) -> Any:
        """Remove *key* and return its value, as ``dict.pop``."""
        if key in self:
            self.modified = True
        return dict.pop(self, key, *default)

    def popitem(self) -> Any:
        """Remove and return the key that was set last, and its value."""
        item = dict.popitem(self)
        self.modified = True
        return item

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*; set it to *default* if there is none."""
        if key not in self:
            self.modified = True
        return dict.setdefault(self, key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set keys, as ``dict.update``."""
        self.modified = True
        dict.update(self, *args, **kwargs)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A copy is of the values; it is nobody's session.
        return Session, (dict(self),)

    def may_hide_changes(self) -> bool:
        """Tell whether it was read with values that can change in themselves."""
        text = self._text
        return text is not None and (b"[" in text or b"{" in text[1:])

    def has_changed(self) -> bool:
        """Tell whether it is another than the one that was read."""
        if self.modified:
            return True
        if not self.accessed or not self.may_hide_changes():
            return False
        now = encode_session(self)
        if now == self._text:
            return False
        # The same values may have been written in another way.
        return now != encode_session(decode_session(self._text or b"{}"))


class UnreadSession(Session):
    """A session until its first use.

    Its maker sets two attributes: a constructor, or a closure, would cost as much as
    everything else that is done for a session nobody looks at.
    """

    # No others: an object can change its class for one of the same layout only.
    __slots__ = ()

    # Gives the JSON, or None where there is no session; and what it is called with.
    _read: Callable[[Any], Optional[bytes]]
    _source: Any

    def _open_session(self) -> Session:
        # Also called by `request.session`: code in C that is handed the result, such
        # as an encoder, looks into a dict without calling any method of it.
        text = self._read(self._source)
        self.__class__ = Session  # type: ignore[assignment]
        self.accessed = True
        if text is not None:
            dict.update(self, decode_session(text))
            self._text = text
        return self

    def regenerate(self) -> None:
        """See ``Session.regenerate``."""
        self._open_session().regenerate()


def _opening_flag(name: str) -> Any:
    """Return a property: what is set there opens the session and is set then.

    So to be of the class ``UnreadSession`` is to be neither read nor changed.
    """

    def set_flag(self: UnreadSession, value: bool) -> None:
        setattr(self._open_session(), name, value)

    return property(lambda self: False, set_flag)


def _opening(name: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(Session, name)

    def call(self: UnreadSession, *args: Any, **kwargs: Any) -> Any:
        return method(self._open_session(), *args, **kwargs)

    call.__name__ = name
    return call


# All that dict and Session look into or change the values with; the operators of
# mappings came with 3.9.
for _name in (
    "__contains__ __delitem__ __eq__ __getitem__ __ior__ __iter__ __len__ __ne__ "
    "__or__ __reduce_ex__ __repr__ __reversed__ __ror__ __setitem__ clear copy get "
    "items keys pop popitem setdefault update values"
).split():
    if hasattr(Session, _name):  # pragma: no branch (before 3.9)
        setattr(UnreadSession, _name, _opening(_name))
for _name in ("accessed", "modified"):
    setattr(UnreadSession, _name, _opening_flag(_name))
del _name


def encode_session(values: Dict[str, Any]) -> bytes:
    """Return *values* as JSON.

    Raises:
        TypeError: A value is something that JSON does not have.
    """
    try:
        return encode_json(values)
    except ValueError:
        # What JSON proper does not have but Python reads again: NaN, Infinity, and
        # halves of surrogate pairs.
        return json.dumps(values, separators=(",", ":")).encode("ascii")


def decode_session(text: bytes) -> Dict[str, Any]:
    """Return the values in *text*; none, if they cannot be read."""
    try:
        values = decode_json(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
