"""Executing operations, compiled.

``compile_operation`` turns an operation into functions once; what they give is what
``graphql.execute`` gives: the same data, the same errors, in the same order.

From the outside in: ``compiling.py`` and ``operation.py`` (one operation),
``plan.py`` and ``selections.py`` (the selections in it), ``collect.py`` and
``fields.py`` (the fields of a selection), ``arguments.py``, ``slots.py`` (where errors
stop), ``complete.py``, ``lists.py`` and ``objects.py`` (values by their type),
``run.py`` (one execution), ``waiting.py`` (what is awaited), ``compat.py`` (the lines
of graphql-core).
"""

from __future__ import annotations

from starlette._graphql.executor.compiling import (
    compile_operation as compile_operation,
)
from starlette._graphql.executor.operation import (
    CompiledOperation as CompiledOperation,
)

__all__ = ("CompiledOperation", "compile_operation")
