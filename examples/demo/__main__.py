"""The command line: `python -m examples.demo [--host HOST] [--port PORT]`."""

from __future__ import annotations

from examples.serving import command_line, serve

from .app import app

if __name__ == "__main__":
    options = command_line("demo", "Serve the demo program.").parse_args()
    serve(app, options, "The demo is")
