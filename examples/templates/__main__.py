"""The command line: `python -m examples.templates [--port PORT]`."""

from __future__ import annotations

import argparse
import socket

import uvicorn

from .app import app


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.templates", description="Serve the guest book."
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="0 takes a free one (default: 8000)"
    )
    listener = socket.create_server(("127.0.0.1", parser.parse_args().port))
    port = listener.getsockname()[1]
    print(f"The guest book is at http://127.0.0.1:{port} (Ctrl-C ends it).", flush=True)
    config = uvicorn.Config(app, log_level="warning")
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn has already shut down in good order; it passes the signal on.
        pass


if __name__ == "__main__":
    main()
