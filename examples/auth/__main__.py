"""Serve the example: ``python -m examples.auth [DATABASE]``, then log in at /login.

The user is ``ada`` with the password ``lovelace``.
"""

from __future__ import annotations

import secrets
import sys

import uvicorn

from examples.auth.app import create_app

if __name__ == "__main__":
    database = sys.argv[1] if len(sys.argv) > 1 else ":memory:"
    app = create_app(database, secrets.token_urlsafe(32), {"ada": "lovelace"})
    uvicorn.run(app, port=8000)
