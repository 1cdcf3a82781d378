"""The command line: ``python -m examples.spa [--port PORT]``."""

from __future__ import annotations

import argparse
import socket

import uvicorn

from .app import app


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m examples.spa")
    parser.add_argument(
        "--port", type=int, default=8000, help="0 takes a free one (default: 8000)"
    )
    listener = socket.create_server(("127.0.0.1", parser.parse_args().port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(f"The notes are at {url} (Ctrl-C ends it).", flush=True)
    config = uvicorn.Config(app, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
