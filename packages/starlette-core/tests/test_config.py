"""Settings from the environment and from files."""

from __future__ import annotations

import functools
import os
import warnings
from pathlib import Path
from typing import Any, Dict

import pytest

from starlette.config import Config, Environ, EnvironError, environ
from starlette.datastructures import CommaSeparatedStrings, Secret


def values_of(path: Path, text: str) -> Dict[str, str]:
    (path / ".env").write_bytes(text.encode())
    return Config(path / ".env", environ={}).file_values


@pytest.mark.parametrize(
    "line, values",
    [
        ("K=v", {"K": "v"}),
        (" K = v ", {"K": "v"}),
        ("K=", {"K": ""}),
        ("K=a=b", {"K": "a=b"}),
        ("K=a # b", {"K": "a # b"}),
        ("K=é", {"K": "é"}),
        ("\ufeffK=v\r\n", {"K": "v"}),
        ("export K=v", {"K": "v"}),
        ("export=v", {"export": "v"}),
        ("a b=v", {"a b": "v"}),
        ("", {}),
        ("no equals sign", {}),
        ("# K=v", {}),
        ("  #K=v", {}),
        ("K=v\nK=w\n\nL=x", {"K": "w", "L": "x"}),
    ],
)
def test_lines_of_a_file(tmp_path: Path, line: str, values: Dict[str, str]) -> None:
    """
    Keys and values are stripped; comments and other lines are skipped.
    """
    assert values_of(tmp_path, line) == values


@pytest.mark.parametrize(
    "written, read",
    [
        ('"v"', "v"),
        ("'v'", "v"),
        ('""', ""),
        ('" v "', " v "),
        ('"a#b"', "a#b"),
        ('"it\'s"', "it's"),
        ("'\"v\"'", '"v"'),
        ('""v""', '"v"'),
        ('"v" # comment', "v"),
        ('"v"# no comment', '"v"# no comment'),
        ('"', '"'),
        ("\"v'", "\"v'"),
        ('"a" b', '"a" b'),
        ("a\"b'", "a\"b'"),
        ('"a\\n$HOME"', "a\\n$HOME"),
    ],
)
def test_one_pair_of_matching_quotes_is_taken_off(
    tmp_path: Path, written: str, read: str
) -> None:
    """
    Other quotes belong to the value, and nothing in it is interpreted.
    """
    assert values_of(tmp_path, f"K={written}") == {"K": read}


def test_the_environment_wins_over_the_file_over_the_default(tmp_path: Path) -> None:
    """
    Each source is asked in turn.
    """
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    config = Config(str(tmp_path / ".env"), environ={"A": "environment"})

    assert config("A", default="default") == "environment"
    assert config("B", default="default") == "file"
    assert config.get("C", default="default") == "default"
    assert config("C", default=None) is None


def test_a_missing_key_without_a_default() -> None:
    """
    The error names the key, prefix included.
    """
    with pytest.raises(KeyError, match="Config 'A_KEY' is missing, and has no default"):
        Config(environ={}, env_prefix="A_")("KEY")


def test_a_prefix_is_put_before_every_key(tmp_path: Path) -> None:
    """
    In the environment and in the file.
    """
    (tmp_path / ".env").write_text("A_X=file\nX=other\n")
    config = Config(tmp_path / ".env", environ={"A_Y": "1", "Y": "2"}, env_prefix="A_")

    assert (config("X"), config("Y")) == ("file", "1")


def test_the_process_environment_is_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    Without a mapping of one's own, it is what is asked.
    """
    monkeypatch.setenv("A_KEY_OF_THIS_TEST", "1")

    assert Config()("A_KEY_OF_THIS_TEST", cast=int) == 1
    assert Config().environ is environ
    assert dict(Environ()) == dict(os.environ)


@pytest.mark.parametrize(
    "value, cast, result",
    [
        ("12", int, 12),
        ("true", bool, True),
        ("TRUE", bool, True),
        ("1", bool, True),
        ("False", bool, False),
        ("0", bool, False),
        ("a, b", CommaSeparatedStrings, ["a", "b"]),
        ("x", lambda text: text * 2, "xx"),
        ("x", None, "x"),
    ],
)
def test_values_are_cast(value: str, cast: Any, result: Any) -> None:
    """
    Any callable will do; ``bool`` reads words.
    """
    found = Config(environ={"K": value})("K", cast=cast)

    assert (
        list(found) if isinstance(found, CommaSeparatedStrings) else found
    ) == result


def test_secrets_are_cast() -> None:
    """
    A password can be wrapped where it is read.
    """
    assert str(Config(environ={"K": "pw"})("K", cast=Secret)) == "pw"


@pytest.mark.parametrize(
    "value, cast, kind",
    [
        ("nope", int, "int"),
        ("", int, "int"),
        ("yes", bool, "bool"),
        ("", bool, "bool"),
        ("x", functools.partial(int, base=36.5), "functools.partial"),
    ],
)
def test_a_value_that_cannot_be_cast(value: str, cast: Any, kind: str) -> None:
    """
    The error names the key, the value and the type.
    """
    with pytest.raises(ValueError, match=f"Not a valid {kind}") as caught:
        Config(environ={"K": value})("K", cast=cast)

    assert str(caught.value).startswith(f"Config 'K' has value '{value}'.")


def test_other_errors_of_a_cast_propagate() -> None:
    """
    Only a refused value is translated.
    """
    with pytest.raises(KeyError):
        Config(environ={"K": "x"})("K", cast={}.__getitem__)


def test_defaults_are_cast_unless_none() -> None:
    """
    A default may be text or the value itself.
    """
    config = Config(environ={})

    assert config("K", cast=int, default="5") == 5
    assert config("K", cast=bool, default=True) is True
    assert config("K", cast=int, default=None) is None


def test_a_missing_file_is_warned_about(tmp_path: Path) -> None:
    """
    The warning points at the line that named the file.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        config = Config(tmp_path / "absent", environ={})

    (warning,) = caught
    assert str(warning.message) == f"Config file '{tmp_path / 'absent'}' not found."
    assert warning.filename == __file__
    assert config.file_values == {}


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    """
    It is read if the encoding is named, and refused if not.
    """
    (tmp_path / ".env").write_bytes(b"K=\xe9")

    assert Config(tmp_path / ".env", encoding="latin-1").file_values == {"K": "é"}
    with pytest.raises(UnicodeDecodeError):
        Config(tmp_path / ".env")


def test_what_has_been_read_cannot_be_changed() -> None:
    """
    Setting and deleting are refused, for a key that was missing as well.
    """
    guarded = Environ({"A": "1"})

    assert guarded["A"] == "1"
    assert guarded.get("B") is None
    assert "C" not in guarded
    for key in "ABC":
        with pytest.raises(EnvironError) as caught:
            guarded[key] = "2"
        assert str(caught.value) == (
            f"Attempting to set environ['{key}'], but the value has already been read."
        )
    with pytest.raises(EnvironError, match=r"Attempting to delete environ\['A'\]"):
        del guarded["A"]


def test_what_has_not_been_read_can_be_changed() -> None:
    """
    Changes reach the mapping behind; counting and listing are not reading.
    """
    behind = {"A": "1"}
    guarded = Environ(behind)

    assert list(guarded) == ["A"]
    assert len(guarded) == 1

    guarded["A"] = "2"
    guarded["B"] = "3"
    del guarded["A"]

    assert behind == {"B": "3"}
