"""Which line a deprecation warning names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from starlette._deprecations import warn_deprecated
from starlette.exceptions import StarletteDeprecationWarning

DEEP = """\
from starlette._deprecations import warn_deprecated

def outer():
    inner()

def inner():
    warn_deprecated("Use the new one.")
"""


def module(name: str, source: str) -> Dict[str, Any]:
    names: Dict[str, Any] = {"__name__": name}
    exec(compile(source, f"{name}.py", "exec"), names)
    return names


def test_warning_from_a_call_to_the_helper_itself() -> None:
    """
    The line is the one of the call.
    """
    with pytest.warns(StarletteDeprecationWarning, match="Gone soon") as caught:
        warn_deprecated("Gone soon.")

    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("name", ["starlette", "starlette.some.module"])
def test_warning_from_deep_inside_the_package(name: str) -> None:
    """
    The line is the first one outside, however deep the warning comes from.
    """
    outer = module(name, DEEP)["outer"]
    with pytest.warns(StarletteDeprecationWarning) as caught:
        outer()

    assert [warning.filename for warning in caught] == [__file__]


def test_warning_from_a_package_with_a_similar_name() -> None:
    """
    Only the package itself is left out: what is called alike is a user.
    """
    outer = module("starlette_admin", DEEP)["outer"]
    with pytest.warns(StarletteDeprecationWarning) as caught:
        outer()

    assert [warning.filename for warning in caught] == ["starlette_admin.py"]


def test_warning_of_another_class() -> None:
    """
    The class can be chosen, and a filter can turn it into an error.
    """
    with pytest.raises(UserWarning, match="Look out"):
        warn_deprecated("Look out.", category=UserWarning)


def test_warning_while_a_module_of_the_package_is_imported(tmp_path: Path) -> None:
    """
    The line is the one with the import statement, in the user's program.
    """
    (tmp_path / "starlette").mkdir()
    (tmp_path / "starlette" / "__init__.py").write_text(
        "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
    )
    (tmp_path / "starlette" / "leaving.py").write_text(
        "from starlette._deprecations import warn_deprecated\n"
        "warn_deprecated('starlette.leaving is leaving')\n"
    )
    program = tmp_path / "program.py"
    program.write_text("import sys\n\nimport starlette.leaving\n")

    done = run(program)

    assert f"{program}:3: StarletteDeprecationWarning" in done.stderr


def test_warning_in_a_program_that_is_all_inside_the_package(tmp_path: Path) -> None:
    """
    Without a line outside, the outermost one is named.
    """
    program = tmp_path / "program.py"
    program.write_text(
        "from starlette._deprecations import warn_deprecated\n"
        "__name__ = 'starlette.__main__'\n"
        "warn_deprecated('late')\n"
    )

    done = run(program)

    assert f"{program}:3: StarletteDeprecationWarning" in done.stderr


def run(program: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "always", str(program)],
        capture_output=True,
        text=True,
        check=True,
    )
