"""Which character encodings a client may name, and what they decode.

A name from the wire is never handed to ``codecs.lookup`` unseen: that would
import a module of its choosing and remember every name it ever failed on.
Only encodings that leave ASCII as it is are known here, since the syntax
around the text is ASCII; that keeps out UTF-7, UTF-16, and the codecs that are
no character encodings at all (``zip``, ``hex``, ``unicode_escape`` ...).
"""

from __future__ import annotations

from typing import Optional

__all__ = ("decode", "find_charset")

_KNOWN = frozenset(
    """
    ascii utf_8 latin_1 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7
    iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14 iso8859_15
    iso8859_16 cp874 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    cp866 koi8_r koi8_u mac_roman mac_cyrillic tis_620 big5 big5hkscs gb2312 gbk
    gb18030 euc_jp euc_kr cp949 cp932 shift_jis iso2022_jp
    """.split()
)


def find_charset(label: str) -> Optional[str]:
    """Return the name of Python's codec for *label*, or ``None``.

    Case, spaces around it and the choice between ``-`` and ``_`` do not count.
    """
    from encodings.aliases import aliases

    name = label.strip().lower().replace("-", "_").replace(" ", "_")
    if name not in _KNOWN:
        name = aliases.get(name, "")
    return name if name in _KNOWN else None


def decode(data: bytes, charset: str) -> str:
    """Return *data* as text; as latin-1, if it is not what *charset* says."""
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return data.decode("latin-1")
