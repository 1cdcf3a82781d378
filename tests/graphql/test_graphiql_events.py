"""How the page reads server-sent events, run in node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.graphiql import Ide
from tools.members import ROOT

from .clients import NODE

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")

# Feeds the text in pieces, cut at every place there is, and prints what came out.
SCRIPT = """
import { readEvents } from %s;

const bytes = new TextEncoder().encode(%s);
const outcomes = new Set();
for (let cut = 0; cut <= bytes.length; cut++) {
  const pieces = [bytes.slice(0, cut), bytes.slice(cut)];
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) if (piece.length) controller.enqueue(piece);
      controller.close();
    },
  });
  const events = [];
  for await (const { event, data } of readEvents(body)) events.push([event, data]);
  outcomes.add(JSON.stringify(events));
}
console.log(JSON.stringify([...outcomes].map((outcome) => JSON.parse(outcome))));
"""


def read(text: str) -> Any:
    """What is read of *text*, in each of the ways that it can be cut."""
    module = (Ide.of(ROOT).sources / "events.js").as_uri()
    script = SCRIPT % (json.dumps(module), json.dumps(text))
    command = [str(NODE), "--input-type=module", "--no-warnings", "-e", script]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path("/"))
    return json.loads(done.stdout)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_events(end: str) -> None:
    """
    Comments and unknown fields say nothing, lines of data are joined, and it does not
    matter where the stream is cut.
    """
    lines = [
        ": hello",
        "",
        "event: next",
        'data: {"data":{"é":"€😀"}}',
        "id: 1",
        "",
        "data:a",
        "data:  b",
        "data",
        "",
        "event: complete",
        "data: ",
        "",
        "event: next",
        "data: lost, because the stream ends here",
    ]

    assert read(end.join(lines)) == [
        [
            ["next", '{"data":{"é":"€😀"}}'],
            ["message", "a\n b\n"],
            ["complete", ""],
        ]
    ]
