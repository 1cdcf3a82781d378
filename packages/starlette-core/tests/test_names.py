"""The package ``starlette`` as a module like others, and what it loads when."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import pickle
import pkgutil
import subprocess
import sys
from types import FrameType
from typing import Optional

import pytest

import starlette
from starlette import _missing, _names
from starlette._family import MODULES

# Prints the modules of the family and of the metadata that are loaded in the end.
PROGRAM = """
import sys
sys.path = {path}
{statements}
watched = ("starlette", "importlib.metadata", "importlib_metadata")
print(*sorted(name for name in sys.modules if name.startswith(watched)))
"""

IMAGINARY = "starlette.imaginary", "starlette.middleware.imaginary"


@pytest.fixture
def imaginary(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family has a member that is not installed."""
    for module in IMAGINARY:
        monkeypatch.setitem(MODULES, module, "starlette-imaginary")


def loaded(*statements: str) -> set[str]:
    """What of the family and of the metadata is loaded by a new interpreter."""
    program = PROGRAM.format(path=sys.path, statements="\n".join(statements))
    # -S keeps what other packages do at every start out of it.
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return set(done.stdout.decode().split())


def test_importing_the_package_loads_nothing() -> None:
    """
    Three small modules, and no metadata.
    """
    assert loaded("import starlette") == {
        "starlette",
        "starlette._names",
        "starlette._version",
    }


def test_importing_applications_scans_nothing() -> None:
    """
    The plugins and the metadata stay out until a name is asked for.
    """
    names = loaded("import starlette.applications")

    assert not {name for name in names if "plugin" in name or "metadata" in name}


@pytest.mark.parametrize(
    "statement",
    [
        "from starlette import status",
        "hasattr(starlette, 'routing')",
        "hasattr(starlette, '_private')",
        "hasattr(starlette, '__wrapped__')",
        "from starlette import *",
        "import starlette.routing",
        "__import__('importlib').util.find_spec('starlette.nope')",
    ],
)
def test_everyday_access_scans_nothing(statement: str) -> None:
    """
    Modules and private names are told from others without looking.
    """
    names = loaded("import importlib.util", "import starlette", statement)

    assert not {name for name in names if "plugin" in name or "metadata" in name}


def test_a_module_is_an_attribute_once_it_is_imported() -> None:
    """
    And not before, as with every package.
    """
    statements = (
        "import starlette",
        "assert not hasattr(starlette, 'schemas')",
        "from starlette import schemas",
        "assert starlette.schemas is schemas",
    )

    assert "starlette.schemas" in loaded(*statements)


def test_a_missing_module_is_missing() -> None:
    """
    What is not the family's is reported as Python reports it.
    """
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("starlette.nope")
    with pytest.raises(ModuleNotFoundError) as nested:
        importlib.import_module("starlette._nope")
    with pytest.raises(ImportError, match=r"cannot import name 'nope' from 'starlette"):
        from starlette.middleware import nope  # type: ignore[attr-defined] # noqa: F401

    assert str(caught.value) == "No module named 'starlette.nope'"
    assert caught.value.name == "starlette.nope"
    assert str(nested.value) == "No module named 'starlette._nope'"


@pytest.mark.usefixtures("imaginary")
@pytest.mark.parametrize("module", IMAGINARY)
def test_a_missing_member_is_named(module: str) -> None:
    """
    The exception is of the class and has the name that it would have anyway.
    """
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(module)
    with pytest.raises(ModuleNotFoundError):
        exec(f"from {module} import Anything")

    assert caught.value.name == module
    assert str(caught.value) == (
        f"No module named '{module}'; it is part of starlette-imaginary: "
        "pip install starlette-imaginary"
    )


@pytest.mark.usefixtures("imaginary")
@pytest.mark.parametrize("module", IMAGINARY)
def test_a_missing_member_in_from_import(module: str) -> None:
    """
    ``from package import module`` is the ImportError it always is, and says so too.
    """
    package, _, name = module.rpartition(".")

    with pytest.raises(ImportError, match="pip install starlette-imaginary") as caught:
        exec(f"from {package} import {name}")

    assert type(caught.value) is ImportError
    assert str(caught.value).startswith(f"cannot import name '{name}' from '{package}'")
    assert caught.value.name == package


@pytest.mark.usefixtures("imaginary")
@pytest.mark.parametrize("module", IMAGINARY)
def test_looking_for_a_missing_member_finds_nothing(module: str) -> None:
    """
    ``find_spec`` returns None: only an import raises.
    """
    assert importlib.util.find_spec(module) is None


def test_a_submodule_of_a_missing_plugin_name() -> None:
    """
    A name in ``from starlette import`` that nobody registers stays an ImportError.
    """
    importlib.import_module("starlette.plugins")

    with pytest.raises(ImportError, match="cannot import name 'Nope' from 'starlette'"):
        from starlette import Nope  # type: ignore[attr-defined] # noqa: F401


def test_a_plugin_that_loads_at_the_second_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    The finder has nothing to say where the name can be had by now.
    """
    plugins = importlib.import_module("starlette.plugins")
    answers = [None]

    def load(name: str) -> object:
        answers.append(name)  # type: ignore[arg-type]
        if len(answers) == 2:
            raise plugins.PluginNotFound(name)
        return name

    monkeypatch.setattr(plugins, "load", load)
    from starlette import Late  # type: ignore[attr-defined]

    vars(starlette).pop("Late")
    assert Late == "Late"


def test_the_whole_package_can_be_walked() -> None:
    """
    ``pkgutil`` sees the modules, and ``inspect`` the members.
    """
    walked = {module.name for module in pkgutil.walk_packages(starlette.__path__)}
    members = dict(inspect.getmembers(starlette))

    assert {"applications", "plugins", "middleware"} <= walked
    assert members["__version__"] == starlette.__version__


def test_a_star_import_brings_no_plugin() -> None:
    """
    It stays what it was: what has been imported so far.
    """
    program = "from starlette import *; print('StreamingResponse' in globals())"

    # In a process of its own: other tests have loaded names in this one.
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, check=True
    )

    assert done.stdout.split() == [b"False"]


def test_the_package_is_copied_and_pickled_like_others() -> None:
    """
    Which is: not at all.
    """
    with pytest.raises(TypeError):
        pickle.dumps(starlette)
    with pytest.raises(TypeError):
        copy.copy(starlette)


def test_loading_the_module_again_adds_no_finder() -> None:
    """
    One is enough, however often a program reloads.
    """
    before = list(sys.meta_path)

    importlib.reload(_names)

    assert sys.meta_path == before
    kinds = [type(finder).__name__ for finder in before]
    assert kinds.count("_MissingFinder") == 1


def test_caches_are_invalidated_before_plugins_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    There is nothing to forget, and nothing is loaded for it.
    """
    monkeypatch.delitem(sys.modules, "starlette.plugins", raising=False)

    importlib.invalidate_caches()

    assert "starlette.plugins" not in sys.modules


def test_a_finder_is_added_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A program that has emptied the list gets it back with the module.
    """
    # Libraries have finders of their own, before and behind it.
    others = [f for f in sys.meta_path if type(f).__name__ != "_MissingFinder"]
    monkeypatch.setattr(sys, "meta_path", others)

    importlib.reload(_names)

    assert type(sys.meta_path[-1]).__name__ == "_MissingFinder"


@pytest.mark.usefixtures("imaginary")
def test_a_stack_that_ends_in_the_machinery() -> None:
    """
    An import that nothing has called, as an embedding program makes it, is one.
    """

    class Frame:
        def __init__(self, name: str, back: Optional[Frame] = None) -> None:
            self.f_back = back
            self.f_code = self
            self.co_filename = "<frozen importlib._bootstrap>"
            self.co_name = name

    frame: FrameType = Frame("_find_and_load_unlocked")  # type: ignore[assignment]

    with pytest.raises(ModuleNotFoundError):
        _missing.explain(IMAGINARY[0], frame)
