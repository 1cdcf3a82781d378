"""Compares the public interface of two versions of a distribution.

The interface is what programs can hold on to: the public modules, the names that
these list, the parameters of functions and methods, the members of classes, the
entry points, the extras, and the versions of Python.  Types and the values of
constants are not part of it.

It is read by griffe from the sources; nothing is imported, and no library of the
distribution needs to be there.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple

import griffe

from tools.members import Member
from tools.plugins import public_names

__all__ = ("Change", "Surface", "changes", "metadata_changes")

# Whether it breaks programs, and the sentence.
Change = Tuple[bool, str]

_POSITIONAL = (
    griffe.ParameterKind.positional_only,
    griffe.ParameterKind.positional_or_keyword,
)
_STARRED = (griffe.ParameterKind.var_positional, griffe.ParameterKind.var_keyword)


class Surface:
    """The public names of one member, found through all of its modules.

    Args:
        member: The member, in the tree or as it was once.
        family: All members, for what its classes inherit from the core. The one
            of the same name is passed over.
        folder: An empty folder, for the sources as an installer would lay them.
    """

    def __init__(self, member: Member, family: Sequence[Member], folder: Path) -> None:
        others = [other for other in family if other.name != member.name]
        for one in [*others, member]:
            for path in one.sources():
                target = folder / path.relative_to(one.src)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        self.modules: Dict[str, Dict[str, Any]] = {}
        paths = {member.module_of(path): path for path in member.sources()}
        if not paths:
            return
        starlette = griffe.load(
            "starlette", search_paths=[folder], allow_inspection=False
        )
        for module, path in paths.items():
            if "._" not in module:
                self.modules[module] = _names(starlette, module, path)


def _names(starlette: Any, module: str, path: Path) -> Dict[str, Any]:
    inside = module.partition(".")[2]
    found = starlette[inside] if inside else starlette
    # What a module makes as it runs is listed, and is not there to be read.
    return {name: found.members.get(name) for name in public_names(path)}


def changes(old: Surface, new: Surface) -> Iterator[Change]:
    """What came, went and changed from *old* to *new*."""
    yield from _sets("module", set(old.modules), set(new.modules))
    for module in sorted(set(old.modules) & set(new.modules)):
        before, after = old.modules[module], new.modules[module]
        yield from _sets("name", before, after, f"{module}.")
        for name in sorted(set(before) & set(after)):
            if before[name] is not None and after[name] is None:
                yield True, f"{module}.{name} is listed, and is not there any more"
            yield from _objects(f"{module}.{name}", before[name], after[name])


def metadata_changes(old: Member, new: Member) -> Iterator[Change]:
    """What came, went and changed in what the metadata promises."""
    before, after = old.metadata, new.metadata
    name = "optional-dependencies"
    yield from _sets("extra", before.get(name, {}), after.get(name, {}))
    yield from _sets("entry point", _entry_points(before), _entry_points(after))
    yield from _sets("command", before.get("scripts", {}), after.get("scripts", {}))
    pythons = before.get("requires-python"), after.get("requires-python")
    if pythons[0] != pythons[1]:
        yield True, f"the versions of Python were {pythons[0]}, and are {pythons[1]}"


def _entry_points(metadata: Dict[str, Any]) -> Set[str]:
    groups: Dict[str, Dict[str, str]] = metadata.get("entry-points", {})
    return {f"{group}:{name}" for group, names in groups.items() for name in names}


def _sets(what: str, before: Any, after: Any, prefix: str = "") -> Iterator[Change]:
    for name in sorted(set(before) - set(after)):
        yield True, f"{what} {prefix}{name} is gone"
    for name in sorted(set(after) - set(before)):
        yield False, f"{what} {prefix}{name} is new"


def _objects(name: str, old: Any, new: Any) -> Iterator[Change]:
    old, new = _resolved(old), _resolved(new)
    if not (isinstance(old, griffe.Object) and isinstance(new, griffe.Object)):
        # Of another library, or made as the module runs: there is only the name.
        return
    if old.kind is not new.kind:
        yield True, f"{name} was a {old.kind.value}, and is a {new.kind.value}"
    elif isinstance(old, griffe.Function):
        yield from _functions(name, old, new)
    elif isinstance(old, griffe.Class):
        yield from _classes(name, old, new)


def _resolved(found: Any) -> Any:
    try:
        return found.final_target if isinstance(found, griffe.Alias) else found
    except griffe.AliasResolutionError:
        return None


def _classes(name: str, old: Any, new: Any) -> Iterator[Change]:
    lost = sorted(_bases(old) - _bases(new))
    for base in lost:
        yield True, f"{name} does not inherit from {base} any more"
    before, after = _public_members(old), _public_members(new)
    yield from _sets("member", before, after, f"{name}.")
    for member in sorted(set(before) & set(after)):
        yield from _objects(f"{name}.{member}", before[member], after[member])


def _bases(found: Any) -> Set[str]:
    direct = {str(base).rpartition(".")[2] for base in found.bases}
    names = direct | {parent.name for parent in found.mro()}
    return {name for name in names if not name.startswith("_")}


def _public_members(found: Any) -> Dict[str, Any]:
    return {
        name: member
        for name, member in found.all_members.items()
        # Of the special methods the constructor and the call have parameters
        # that programs write.
        if not name.startswith("_") or name in ("__init__", "__call__")
    }


def _functions(name: str, old: Any, new: Any) -> Iterator[Change]:
    if ("async" in old.labels) != ("async" in new.labels):
        yield True, f"{name} is awaited in one of the two alone"
    before = {parameter.name: parameter for parameter in old.parameters}
    after = {parameter.name: parameter for parameter in new.parameters}
    for key, parameter in before.items():
        if key not in after:
            yield True, f"{name}: parameter {key} is gone"
        else:
            yield from _parameters(f"{name}: parameter {key}", parameter, after[key])
    for key in after.keys() - before.keys():
        breaks = after[key].required and after[key].kind not in _STARRED
        how = "new, and required" if breaks else "new"
        yield breaks, f"{name}: parameter {key} is {how}"
    moved = _moved(_positional(old), _positional(new))
    if moved:
        yield True, f"{name}: parameter {moved} has another place"


def _parameters(where: str, old: Any, new: Any) -> Iterator[Change]:
    if old.kind is not new.kind:
        # Whatever was allowed still is, if it can be given in both ways now.
        wider = new.kind is griffe.ParameterKind.positional_or_keyword
        widened = wider and old.kind not in _STARRED
        yield not widened, f"{where} was {old.kind.value}, and is {new.kind.value}"
    if new.required and not old.required:
        yield True, f"{where} is required now"
    elif old.required and not new.required:
        yield False, f"{where} has a default now"
    elif str(old.default) != str(new.default):
        yield True, f"{where} has another default: {old.default}, then {new.default}"


def _positional(function: Any) -> List[str]:
    return [p.name for p in function.parameters if p.kind in _POSITIONAL]


def _moved(before: List[str], after: List[str]) -> str:
    """The first of those that stay which has another place; empty if none has."""
    for index, name in enumerate(before):
        # One that is gone is told of by itself, and so are those after it.
        if name not in after:
            return ""
        if after.index(name) != index:
            return name
    return ""
