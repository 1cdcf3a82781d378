"""The syntax of multipart bodies, without a request around it."""

from __future__ import annotations

import random
from typing import Any, Dict, List, Optional, Tuple

import pytest

from starlette._multipart import (
    MAX_HEADER_BYTES,
    MultiPartException,
    MultipartReader,
    PartHeader,
    parse_boundary,
    parse_options,
)

Part = Tuple[List[Tuple[bytes, bytes]], bytes]


def read(body: bytes, cuts: Tuple[int, ...] = (), boundary: bytes = b"B") -> List[Part]:
    """The parts of *body*, fed in pieces that end at *cuts*."""
    reader = MultipartReader(boundary)
    parts: List[Part] = []
    is_open = False
    for start, end in zip((0, *cuts), (*cuts, len(body))):
        for event in reader.feed(body[start:end]):
            if isinstance(event, PartHeader):
                assert not is_open
                parts.append((event.fields, event.data or b""))
                is_open = event.data is None
            elif event is not None:
                assert is_open
                assert event
                parts[-1] = (parts[-1][0], parts[-1][1] + event)
            else:
                is_open = False
    reader.finish()
    assert not is_open
    return parts


def outcome(body: bytes, cuts: Tuple[int, ...] = ()) -> Any:
    """The parts, or the message of the error."""
    try:
        return read(body, cuts)
    except MultiPartException as error:
        return error.message


END = "The multipart body ends before its closing boundary."

BODIES = {
    "one": b"--B\r\nA: x\r\n\r\n1\r\n--B--\r\n",
    "several": b"--B\r\nA: x\r\nB:y\r\n\r\n1\r\n2\r\n--B\r\nA: z\r\n\r\n3\r\n--B--\r\n",
    "empty": b"--B\r\nA: x\r\n\r\n\r\n--B--\r\n",
    "no-body": b"--B\r\nA: x\r\n\r\n--B--\r\n",
    "no-header": b"--B\r\n\r\n1\r\n--B--\r\n",
    "nothing-at-all": b"--B\r\n\r\n--B--",
    "no-parts": b"--B--\r\n",
    "preamble": b"pre\r\n--\r\n--A\r\n\r\n--B\r\nA: x\r\n\r\n1\r\n--B--\r\nepi\r\n--B",
    "line-break-first": b"\r\n--B\r\nA: x\r\n\r\n1\r\n--B--",
    "no-last-break": b"--B\r\nA: x\r\n\r\n1\r\n--B--",
    "padding": b"--B \t\r\nA: x\r\n\r\n1\r\n--B  \r\nA: x\r\n\r\n2\r\n--B--  \r\n",
    "lookalikes": (
        b"--B\r\nA: x\r\n\r\n\r\n--Bx\r\n--A\r\n-\r-\n--B--\r\n--B-\r\n--B \r\r\n--B--"
    ),
    "breaks": b"--B\r\nA: x\r\n\r\n\r\r\n\n\r\n\r\n\r\n--B--\r\n",
    "folded": b"--B\r\nA: x;\r\n y\r\n\tz\r\n\r\n1\r\n--B--\r\n",
    "cut-off": b"--B\r\nA: x\r\n\r\n1\r\n--B",
    "cut-off-header": b"--B\r\nA: x\r\n",
    "no-boundary": b"hello\r\n--A--\r\n",
    "bad-header": b"--B\r\nA x\r\n\r\n1\r\n--B--\r\n",
    "bare-break": b"--B\r\nA: x\ny\r\n\r\n1\r\n--B--\r\n",
}


@pytest.mark.parametrize(
    "name, expected",
    [
        ("one", [([(b"a", b"x")], b"1")]),
        (
            "several",
            [([(b"a", b"x"), (b"b", b"y")], b"1\r\n2"), ([(b"a", b"z")], b"3")],
        ),
        ("empty", [([(b"a", b"x")], b"")]),
        ("no-body", [([(b"a", b"x")], b"")]),
        ("no-header", [([], b"1")]),
        ("nothing-at-all", [([], b"")]),
        ("no-parts", []),
        ("preamble", [([(b"a", b"x")], b"1")]),
        ("line-break-first", [([(b"a", b"x")], b"1")]),
        ("no-last-break", [([(b"a", b"x")], b"1")]),
        ("padding", [([(b"a", b"x")], b"1"), ([(b"a", b"x")], b"2")]),
        (
            "lookalikes",
            [([(b"a", b"x")], b"\r\n--Bx\r\n--A\r\n-\r-\n--B--\r\n--B-\r\n--B \r")],
        ),
        ("breaks", [([(b"a", b"x")], b"\r\r\n\n\r\n\r\n")]),
        ("folded", [([(b"a", b"x; y z")], b"1")]),
        ("cut-off", END),
        ("cut-off-header", END),
        ("no-boundary", END),
        ("bad-header", "Invalid header in a part."),
        ("bare-break", "Invalid character in a header of a part."),
    ],
)
def test_bodies(name: str, expected: object) -> None:
    """
    Headers and data of each part come out, or the reason why not.
    """
    assert outcome(BODIES[name]) == expected


@pytest.mark.parametrize("name", sorted(BODIES))
def test_cuts_do_not_matter(name: str) -> None:
    """
    Cut once or twice anywhere, or into single bytes, a body reads the same.
    """
    body = BODIES[name]
    whole = outcome(body)
    positions = range(1, len(body))

    assert outcome(body, tuple(positions)) == whole
    for first in positions:
        assert outcome(body, (first,)) == whole
        for second in range(first, len(body), 3):
            assert outcome(body, (first, second)) == whole


def test_any_bytes_read_the_same_however_they_are_cut() -> None:
    """
    Bodies put together at random, of the pieces that matter, prove it.
    """
    draw = random.Random(3)
    pieces = [b"\r\n", b"\r", b"\n", b"--", b"-", b"B", b"--B", b"\r\n--B", b" ", b"\t"]
    pieces += [b"A: x", b"\r\n\r\n", b"x", b"--B\r\nA: x\r\n\r\n", b"\r\n--B--"]
    for _ in range(1500):
        body = b"".join(draw.choices(pieces, k=draw.randrange(1, 12)))
        size = draw.randrange(1, 5)

        assert outcome(body, tuple(range(size, len(body), size))) == outcome(body)


@pytest.mark.parametrize("end", range(1, len(BODIES["several"]) - 2))
def test_a_body_that_ends_early_is_refused(end: int) -> None:
    """
    Wherever it breaks off before its closing boundary is complete.
    """
    assert outcome(BODIES["several"][:end]) == END


def test_a_body_without_a_byte_has_no_parts() -> None:
    """
    Some clients send an empty form so.
    """
    assert read(b"") == []


@pytest.mark.parametrize("size", [127, 128, 129, 5000])
def test_padding_after_a_boundary_is_bounded(size: int) -> None:
    """
    What is longer is no boundary, however it is cut.
    """
    body = b"--B\r\n\r\n1\r\n--B" + b" " * size + b"\r\n\r\n2\r\n--B--"
    expected = 2 if size <= 128 else 1

    assert len(read(body)) == expected
    assert len(read(body, tuple(range(1, len(body))))) == expected


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("excess", [-1, 0, 1, 2, 3, 4, 100])
def test_the_header_of_a_part_is_bounded(excess: int, is_cut: bool) -> None:
    """
    Up to the limit it is read, beyond it is refused, even before it ends.
    """
    header = b"\r\nA: ".ljust(MAX_HEADER_BYTES + excess, b"x")
    body = b"--B" + header + b"\r\n\r\n1\r\n--B--"
    cuts = tuple(range(100, len(body), 101)) if is_cut else ()

    if excess <= 0:
        assert len(read(body, cuts)) == 1
        return
    assert outcome(body, cuts) == "Header of a part exceeded maximum size of 16KB."
    assert outcome(b"--B" + header + b"xxxx", cuts) == (
        "Header of a part exceeded maximum size of 16KB."
    )


def test_the_number_of_headers_is_bounded() -> None:
    """
    32 lines are read, 33 are refused.
    """
    assert len(read(b"--B" + b"\r\nA: x" * 32 + b"\r\n\r\n1\r\n--B--")) == 1
    assert outcome(b"--B" + b"\r\nA: x" * 33 + b"\r\n\r\n1\r\n--B--") == (
        "Too many headers in a part. The maximum is 32."
    )


@pytest.mark.parametrize(
    "line", [b":x", b"A x", b"A : x", b"A(: x", b"\xe9: x", b" A: x", b"x"]
)
def test_a_line_that_is_no_header_is_refused(line: bytes) -> None:
    """
    A name is a token, and a colon follows it.
    """
    with pytest.raises(MultiPartException, match="Invalid header in a part"):
        PartHeader(line)


@pytest.mark.parametrize("line", [b"A: \n", b"A: \r", b"A: \0", b"A: x\r\r\nB: y"])
def test_a_header_with_a_bare_break_is_refused(line: bytes) -> None:
    """
    It could be read in two ways.
    """
    with pytest.raises(MultiPartException, match="Invalid character in a header"):
        PartHeader(line)


USUAL = b'Content-Disposition: form-data; name="a b"; filename="c d"'


@pytest.mark.parametrize(
    "block, name, filename, content_type",
    [
        (USUAL, b"a b", b"c d", b""),
        (USUAL + b"\r\nContent-Type: text/x", b"a b", b"c d", b"text/x"),
        (USUAL + b"\r\ncontent-type:  text/x ", b"a b", b"c d", b"text/x"),
        (USUAL + b"\r\nX-Y: z", b"a b", b"c d", b""),
        (USUAL.upper(), b"A B", b"C D", b""),
        (b'Content-Disposition: form-data; name=""', b"", None, b""),
        (b'Content-Disposition: form-data; filename=""; name=x', b"x", b"", b""),
        (b'Content-Disposition: form-data; name="\xe9\xff"', b"\xe9\xff", None, b""),
        (b'Content-Disposition: form-data; name="\\"\xe9"', b'"\xe9', None, b""),
        (b"Content-Disposition: form-data", None, None, b""),
        (b'A: name="x"', None, None, b""),
        (b"", None, None, b""),
    ],
)
def test_what_a_header_says(
    block: bytes, name: Optional[bytes], filename: Optional[bytes], content_type: bytes
) -> None:
    """
    The usual form is read as every other form of the same header is.
    """
    header = PartHeader(block)

    assert (header.name, header.filename) == (name, filename)
    assert header.content_type == content_type
    assert len(header.fields) == len(block.split(b"\r\n")) - (not block)


@pytest.mark.parametrize(
    "line, options",
    [
        ("form-data", {}),
        ('form-data; name="a"; filename="b"', {"name": "a", "filename": "b"}),
        ("form-data;name=a ;filename = b", {"name": "a", "filename": "b"}),
        ('FORM-DATA; NAME="A"', {"name": "A"}),
        ('form-data; name="a;b=c"', {"name": "a;b=c"}),
        ('form-data; name="a\\"b\\\\c"', {"name": 'a"b\\c'}),
        ('form-data; name="C:\\d\\e"', {"name": "C:\\d\\e"}),
        ('form-data; name="a%22b"', {"name": "a%22b"}),
        ("form-data; name=a; name=b", {"name": "b"}),
        ("form-data; x; name=a;", {"name": "a"}),
        ('form-data; name="a"x; b=c', {"name": "a", "b": "c"}),
        ('form-data; name="open', {"name": '"open'}),
        ('form-data; name="open; b=c', {"name": '"open', "b": "c"}),
        ("form-data; filename*=UTF-8''x", {"filename*": "UTF-8''x"}),
        ("form-data; name=", {"name": ""}),
    ],
)
def test_options(line: str, options: Dict[str, str]) -> None:
    """
    Parameters are found by name; quotes and the escapes of browsers are undone.
    """
    assert parse_options(line) == ("form-data", options)


@pytest.mark.parametrize(
    "content_type, boundary, charset",
    [
        ("multipart/form-data; boundary=B", b"B", "utf-8"),
        ("multipart/form-data;boundary=B", b"B", "utf-8"),
        ('multipart/form-data; boundary="a b:c"', b"a b:c", "utf-8"),
        ("Multipart/Form-Data; BOUNDARY=B; Charset=x", b"B", "x"),
        ("multipart/form-data; boundary=" + "x" * 70, b"x" * 70, "utf-8"),
    ],
)
def test_boundaries(content_type: str, boundary: bytes, charset: str) -> None:
    """
    Quoted or not, with a charset or without.
    """
    assert parse_boundary(content_type) == (boundary, charset)


@pytest.mark.parametrize(
    "content_type, message",
    [
        ("", "Missing boundary in multipart."),
        ("multipart/form-data", "Missing boundary in multipart."),
        ("multipart/form-data; boundary=", "Invalid boundary in multipart."),
        ('multipart/form-data; boundary="a "', "Invalid boundary in multipart."),
        ('multipart/form-data; boundary="a\r\nb"', "Invalid boundary in multipart."),
        ("multipart/form-data; boundary=\xe9", "Invalid boundary in multipart."),
        ("multipart/form-data; boundary=" + "x" * 71, "Invalid boundary in multipart."),
    ],
)
def test_boundaries_that_are_none(content_type: str, message: str) -> None:
    """
    The exception carries the sentence for the client.
    """
    with pytest.raises(MultiPartException) as caught:
        parse_boundary(content_type)

    assert caught.value.message == str(caught.value) == message
