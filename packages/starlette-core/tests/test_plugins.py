"""What distributions register, with distributions of the tests' own making."""

from __future__ import annotations

import importlib
import pickle
import sys
from pathlib import Path
from typing import Callable, ClassVar, Iterator

import pytest

import starlette
from starlette import plugins
from starlette._family import MODULES, NAMES
from starlette.applications import Starlette

Register = Callable[..., Path]


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is remembered from one test to the next, and nothing switched off."""
    monkeypatch.delenv("STARLETTE_PLUGINS", raising=False)
    plugins.refresh()
    yield
    plugins.refresh()


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """Installs a distribution: ``register("acme", "Name = module:attribute")``."""

    def write(name: str, *lines: str, version: str = "1.0", folder: str = "") -> Path:
        site = tmp_path / (folder or "site")
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        text = "\n".join(["[starlette.plugins]", *lines, ""])
        (info / "entry_points.txt").write_text(text)
        if str(site) not in sys.path:
            monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        return site

    return write


def test_a_registered_name_is_an_attribute_of_the_package(register: Register) -> None:
    """
    It is loaded when it is asked for, and found at once from then on.
    """
    register("acme-shouting", "Shout = acme_shouting:Shout")
    site = register("acme-nested", "Whisper = acme_nested:Voices.Whisper [extra]")
    (site / "acme_shouting.py").write_text("class Shout: pass\n")
    (site / "acme_nested.py").write_text("class Voices:\n    class Whisper: pass\n")

    assert "Shout" not in vars(starlette)
    assert "acme_shouting" not in sys.modules

    shout = starlette.Shout  # type: ignore[attr-defined]
    from starlette import Whisper  # type: ignore[attr-defined]

    assert shout is sys.modules["acme_shouting"].Shout
    assert Whisper is sys.modules["acme_nested"].Voices.Whisper
    assert vars(starlette)["Shout"] is shout
    assert {"Shout", "Whisper"} <= set(dir(starlette))


def test_a_module_can_be_registered(register: Register) -> None:
    """
    A value without a colon is the module itself.
    """
    site = register("acme-module", "voices = acme_module")
    (site / "acme_module.py").write_text("")

    assert plugins.load("voices") is sys.modules["acme_module"]


def test_installed_distributions_are_listed(register: Register) -> None:
    """
    By name, with the version, what they register and whose they are.
    """
    register("Acme.Listed", "B = acme:B", "A = acme:A", version="2.5")
    found = {each.name: each for each in plugins.installed()}

    acme = found["Acme.Listed"]

    assert acme.version == "2.5"
    assert not acme.is_first_party
    assert acme.is_enabled
    assert [plugin.name for plugin in acme.plugins] == ["A", "B"]
    assert str(acme.plugins[0]) == "Acme.Listed (acme:A)"
    assert acme.problems == ()


def test_the_first_on_the_path_is_the_one_that_counts(register: Register) -> None:
    """
    An older copy of a distribution, further down the path, registers nothing.
    """
    register("acme-twice", "Gone = acme:Gone", folder="older")
    register("acme-twice", "Here = acme:Here", version="2.0", folder="newer")

    assert "Here" in plugins.names()
    assert "Gone" not in plugins.names()


def test_a_first_copy_that_registers_nothing_counts_too(register: Register) -> None:
    """
    Whoever upgrades to a version without plugins has none.
    """
    register("acme-former", "Gone = acme:Gone", folder="older")
    site = register("acme-former", version="2.0", folder="newer")
    (site / "acme_former-2.0.dist-info" / "entry_points.txt").unlink()

    assert "acme-former" not in [each.name for each in plugins.installed()]


def test_nobody_registers_an_unknown_name() -> None:
    """
    It is an AttributeError of the package, and an ImportError of the function.
    """
    assert not hasattr(starlette, "nope")
    with pytest.raises(AttributeError, match=r"has no attribute 'nope'"):
        _ = starlette.nope  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match=r"cannot import name 'nope'"):
        from starlette import nope  # type: ignore[attr-defined] # noqa: F401
    with pytest.raises(plugins.PluginNotFound) as caught:
        plugins.load("nope")
    assert caught.value.name == "nope"


def test_two_distributions_claim_one_name(register: Register) -> None:
    """
    The error names both; every other name of theirs can be had.
    """
    register("acme-one", "Both = acme_one:Both", "One = acme_one:One")
    site = register("acme-two", "Both = acme_two:Both")
    (site / "acme_one.py").write_text("class One: pass\n")

    with pytest.raises(plugins.PluginConflict) as caught:
        plugins.load("Both")
    with pytest.raises(ImportError) as imported:
        from starlette import Both  # type: ignore[attr-defined] # noqa: F401
    with pytest.raises(AttributeError, match="acme-one") as asked:
        _ = starlette.Both  # type: ignore[attr-defined]

    text = (
        "'Both' is claimed by acme-one (acme_one:Both) and by acme-two (acme_two:Both)"
    )
    assert str(caught.value).startswith(text)
    assert str(imported.value).startswith(text)
    assert text in str(asked.value)
    assert [each.distribution for each in caught.value.plugins] == [
        "acme-one",
        "acme-two",
    ]
    assert not hasattr(starlette, "Both")
    assert "Both" not in dir(starlette)
    assert starlette.One.__module__ == "acme_one"  # type: ignore[attr-defined]
    assert str(caught.value) in plugins.problems()


@pytest.mark.parametrize(
    "source, reason",
    [
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("import acme_missing_library\n", "ModuleNotFoundError: No module named"),
        ("", "AttributeError: "),
    ],
    ids=["raises", "lacks-a-library", "lacks-the-name"],
)
def test_a_broken_plugin_is_reported_by_name(
    source: str, reason: str, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The error names its distribution and the reason; others are not affected.
    """
    site = register(
        "acme-broken", "Broken = acme_broken:Broken", "Fine = acme_fine:Fine"
    )
    (site / "acme_broken.py").write_text(source)
    (site / "acme_fine.py").write_text("Fine = 1\n")
    monkeypatch.delitem(sys.modules, "acme_broken", raising=False)

    with pytest.raises(plugins.PluginBroken) as caught:
        plugins.load("Broken")
    with pytest.raises(ImportError) as imported:
        from starlette import Broken  # type: ignore[attr-defined] # noqa: F401

    assert caught.value.plugin.distribution == "acme-broken"
    assert caught.value.reason.startswith(reason)
    assert "'Broken' of acme-broken (acme_broken:Broken)" in str(imported.value)
    assert not hasattr(starlette, "Broken")
    assert starlette.Fine == 1  # type: ignore[attr-defined]
    assert [each for each in plugins.problems() if "acme" in each] == [
        str(caught.value)
    ]


@pytest.mark.parametrize(
    "line, problem",
    [
        ("two words = acme:A", "the name must be a public identifier"),
        ("_private = acme:A", "the name must be a public identifier"),
        ("routing = acme:A", "the name is taken by the module starlette.routing"),
        ("Odd = acme:", "the value must be like package.module:attribute"),
        ("Odd = not a module", "the value must be like package.module:attribute"),
        ("Odd = :", "the value must be like package.module:attribute"),
    ],
)
def test_a_wrong_registration_is_left_out_with_a_warning(
    line: str, problem: str, register: Register
) -> None:
    """
    The warning names the distribution; its other names are there.  It comes once.
    """
    register("acme-wrong", line, "Right = acme:Right")

    with pytest.warns(plugins.PluginWarning, match="acme-wrong") as caught:
        names = plugins.names()

    message = str(caught[0].message)
    # The backport of importlib.metadata, where something has installed it, refuses
    # the whole file for one such line.
    is_refused = "entry_points.txt cannot be read" in message
    assert problem in message or is_refused
    assert caught[0].filename == __file__
    assert "Right" in names or is_refused
    assert any(problem in each or is_refused for each in plugins.problems())


def test_a_name_registered_twice_counts_once(register: Register) -> None:
    """
    Parsers that let it pass keep the first; those that do not, reject the file.
    """
    register("acme-double", "Twice = acme:First", "Twice = acme:Second")

    with pytest.warns(plugins.PluginWarning, match="acme-double"):
        plugins.names()

    (acme,) = [each for each in plugins.installed() if each.name == "acme-double"]
    assert [plugin.value for plugin in acme.plugins] in ([], ["acme:First"])
    assert len(acme.problems) == 1


class Unreadable(Exception):
    """What a parser might raise."""


def test_entry_points_that_cannot_be_read(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The distribution is left out with a warning, whatever its parser raises.
    """
    register("acme-unreadable", "Fine = acme:Fine")
    metadata = importlib.import_module("importlib.metadata")
    distribution = metadata.distribution

    class Distribution:
        metadata: ClassVar = {"Version": "1.0"}

        @property
        def entry_points(self) -> None:
            raise Unreadable

    def find(name: str) -> object:
        return Distribution() if name == "acme-unreadable" else distribution(name)

    monkeypatch.setattr(metadata, "distribution", find)

    with pytest.warns(plugins.PluginWarning, match=r"acme-unreadable.*Unreadable"):
        names = plugins.names()

    assert "Fine" not in names


def test_what_is_no_distribution_is_passed_over(register: Register) -> None:
    """
    Folders without a name, and texts in other encodings, are none of ours.
    """
    site = register("acme-fine", "Fine = acme:Fine")
    nameless = site / "nameless-1.0.dist-info"
    nameless.mkdir()
    (nameless / "METADATA").write_text("Version: 1.0\n")
    (nameless / "entry_points.txt").write_text("[starlette.plugins]\nNo = acme:No\n")
    garbled = site / "garbled-1.0.dist-info"
    garbled.mkdir()
    (garbled / "entry_points.txt").write_bytes(b"[starlette.plugins]\nNo = \xff:No\n")
    importlib.invalidate_caches()

    names = plugins.names()

    assert "Fine" in names
    assert "No" not in names


def test_a_folder_may_have_another_name_than_its_metadata(register: Register) -> None:
    """
    Its names count, and all others are what they are; it need not have a version.
    """
    register("acme-fine", "Fine = acme:Fine")
    site = register("acme-odd", "Odd = acme:Odd")
    odd = site / "acme_odd-1.0.dist-info"
    (odd / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-other\n")
    importlib.invalidate_caches()
    found = {each.name: each.version for each in plugins.installed()}

    assert {"Fine", "Odd"} <= set(plugins.names())
    assert found["acme-other"] == "unknown"
    assert found["acme-fine"] == "1.0"


def test_a_module_that_ends_the_program_is_a_broken_plugin(register: Register) -> None:
    """
    It is reported as one, and the program goes on.
    """
    site = register("acme-program", "Program = acme_program:main")
    (site / "acme_program.py").write_text("raise SystemExit(3)\n")
    importlib.invalidate_caches()

    with pytest.raises(plugins.PluginBroken, match=r"acme-program.*SystemExit: 3"):
        plugins.load("Program")


@pytest.mark.parametrize(
    "value, there",
    [
        ("", {"One", "Two"}),
        ("all", {"One", "Two"}),
        ("off", set()),
        (" OFF ", set()),
        ("acme-one", {"One"}),
        ("Acme_One, acme.two", {"One", "Two"}),
        ("somebody-else", set()),
    ],
)
def test_third_parties_can_be_switched_off(
    value: str,
    there: set[str],
    register: Register,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    ``STARLETTE_PLUGINS`` says which count; the family's own names always do.
    """
    monkeypatch.setenv("STARLETTE_PLUGINS", value)
    register("acme-one", "One = acme:One")
    register("acme-two", "Two = acme:Two", "wrong name = acme:Two")
    if "Two" in there:
        with pytest.warns(plugins.PluginWarning, match="acme-two"):
            plugins.names()

    assert {"One", "Two"} & set(plugins.names()) == there
    assert starlette.Starlette is Starlette
    found = {each.name: each.is_enabled for each in plugins.installed()}
    assert found["acme-one"] is ("One" in there)
    assert [each for each in plugins.problems() if "acme-two" in each] == [
        each for each in plugins.problems() if "Two" in there and "acme-two" in each
    ]


def test_switching_off_settles_a_conflict(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What is switched off claims nothing.
    """
    register("acme-request", "Taken = acme:Taken")
    register("starlette-core", "Taken = starlette.requests:Request", version="99")

    with pytest.raises(plugins.PluginConflict):
        plugins.load("Taken")

    monkeypatch.setenv("STARLETTE_PLUGINS", "off")
    plugins.refresh()

    assert plugins.load("Taken").__name__ == "Request"


def test_the_family_is_known_without_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    In a frozen program no distribution is found; its names are all the same.
    """
    metadata = importlib.import_module("importlib.metadata")
    monkeypatch.setattr(metadata, "distributions", list)

    assert plugins.installed() == ()
    assert starlette.Starlette is Starlette
    assert plugins.find("Route").distribution == "starlette-core"
    assert "starlette-core" not in plugins.missing()


def test_a_missing_member_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Its names say what to install, as attributes and in imports.
    """
    monkeypatch.setitem(MODULES, "starlette.imaginary", "starlette-imaginary")
    monkeypatch.setitem(NAMES, "Imaginary", "starlette.imaginary")

    with pytest.raises(plugins.MissingDistribution) as caught:
        plugins.load("Imaginary")
    with pytest.raises(AttributeError, match="pip install starlette-imaginary"):
        _ = starlette.Imaginary  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="pip install starlette-imaginary"):
        from starlette import Imaginary  # type: ignore[attr-defined] # noqa: F401

    assert caught.value.distribution == "starlette-imaginary"
    assert caught.value.name == "starlette.imaginary"
    assert not hasattr(starlette, "Imaginary")
    assert plugins.missing()["starlette-imaginary"] == ("starlette.imaginary",)


def test_a_member_that_is_too_old_is_named(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What lacks the module is to be upgraded.
    """
    monkeypatch.setitem(MODULES, "starlette.imaginary", "starlette-imaginary")
    register("starlette-imaginary", version="0.1")

    with pytest.raises(plugins.MissingDistribution) as caught:
        importlib.import_module("starlette.imaginary")

    assert caught.value.version == "0.1"
    assert str(caught.value) == (
        "No module named 'starlette.imaginary'; it is part of a newer "
        "starlette-imaginary than 0.1: pip install --upgrade starlette-imaginary"
    )


def test_what_is_installed_later_is_seen_after_a_refresh(register: Register) -> None:
    """
    ``importlib.invalidate_caches`` is enough, and old names go with it.
    """
    site = register("acme-later", "Later = acme_later:Later")
    (site / "acme_later.py").write_text("class Later: pass\n")
    assert starlette.Later is not None  # type: ignore[attr-defined]

    (site / "acme_later-1.0.dist-info" / "entry_points.txt").unlink()
    importlib.invalidate_caches()

    assert not hasattr(starlette, "Later")


def test_a_refresh_leaves_alone_what_others_put_there(register: Register) -> None:
    """
    A name that a program has set on the package stays.
    """
    site = register("acme-patched", "Patched = acme_patched:Patched")
    (site / "acme_patched.py").write_text("class Patched: pass\n")
    assert starlette.Patched is not None  # type: ignore[attr-defined]
    vars(starlette)["Patched"] = "mine"

    plugins.refresh()

    assert vars(starlette).pop("Patched") == "mine"


def test_exceptions_can_be_pickled() -> None:
    """
    They travel between processes with what they say and carry.
    """
    plugin = plugins.Plugin("A", "acme:A", "acme")
    originals = [
        plugins.MissingDistribution("starlette.testclient", "starlette-testing"),
        plugins.PluginNotFound("A"),
        plugins.PluginConflict("A", (plugin, plugin)),
        plugins.PluginBroken(plugin, "Boom"),
    ]

    copies = [pickle.loads(pickle.dumps(exc)) for exc in originals]

    for original, copy in zip(originals, copies):
        assert type(copy) is type(original)
        assert str(copy) == str(original)
        assert vars(copy) == vars(original)
        assert copy.name == original.name
