"""Users and their tokens, in SQLite through aiosqlite.

Passwords are kept as what ``PasswordHasher`` made of them, tokens as digests: who
reads the database cannot log in with what is there.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any, Optional

import aiosqlite

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (digest BLOB PRIMARY KEY, name TEXT NOT NULL);
"""


class Database:
    """One connection, opened by the lifespan of the application.

    Args:
        path: Of the file, or ``":memory:"``.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: Any = None

    async def __aenter__(self) -> Database:
        self._connection = await aiosqlite.connect(self._path)
        await self._connection.executescript(SCHEMA)
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self._connection.close()

    async def password_of(self, name: str) -> Optional[str]:
        """Return the hash of the user's password; None if there is no such user."""
        query = "SELECT password FROM users WHERE name = ?"
        return await self._first(query, name)

    async def save_password(self, name: str, password: str) -> None:
        """Keep the hash of a password, for a new user or one who is there."""
        query = "INSERT OR REPLACE INTO users (name, password) VALUES (?, ?)"
        await self._change(query, name, password)

    async def new_token(self, name: str) -> str:
        """Return a token of the user that nobody has had before."""
        token = secrets.token_urlsafe(32)
        query = "INSERT INTO tokens (digest, name) VALUES (?, ?)"
        await self._change(query, _digest(token), name)
        return token

    async def owner_of(self, token: str) -> Optional[str]:
        """Return the name of the user whose token it is, or None."""
        # Looked up by its digest: how long that takes tells nothing of the token.
        query = "SELECT name FROM tokens WHERE digest = ?"
        return await self._first(query, _digest(token))

    async def _first(self, query: str, value: Any) -> Optional[str]:
        async with self._connection.execute(query, (value,)) as cursor:
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def _change(self, query: str, *values: Any) -> None:
        await self._connection.execute(query, values)
        await self._connection.commit()


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8")).digest()
