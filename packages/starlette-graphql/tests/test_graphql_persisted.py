"""The store of persisted queries, used by several threads.

``test_graphql_documents.py`` has the rest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from starlette.graphql import PersistedQueries


def test_text_that_is_dropped_while_it_is_looked_up() -> None:
    """
    Whoever looked it up gets it.
    """

    class Slow(OrderedDict):  # type: ignore[type-arg]
        def get(self, key: Any, default: Any = None) -> Any:
            found = super().get(key, default)
            other.start()
            # Waits for this thread, as it should, or has been faster.
            other.join(0.05)
            return found

    store = PersistedQueries(entries=1)
    store._texts = Slow()
    store.set("1", "{ a }")
    other = threading.Thread(target=store.set, args=("2", "{ b }"))
    text = store.get("1")
    other.join()

    assert text == "{ a }"
    assert list(store._texts) == ["2"]
