"""Passwords: hashed with Argon2id, by argon2-cffi, in worker threads.

A hash takes tens of milliseconds and tens of megabytes: that is its purpose.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Optional

__all__ = ("PasswordHasher",)


class PasswordHasher:
    """Hashes passwords, and compares them with what was stored.

    Args:
        hasher: An ``argon2.PasswordHasher`` with other parameters than its defaults,
            which are those of RFC 9106 for small memory.

    Raises:
        ModuleNotFoundError: argon2-cffi is not installed.
    """

    # In characters.  Nobody types more, and the limit is the same for all users.
    max_length = 4096

    def __init__(self, hasher: Any = None) -> None:
        try:
            import argon2
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "PasswordHasher needs argon2-cffi: "
                "pip install starlette-auth[passwords]",
                name=error.name,
            ) from error

        self._hasher = hasher or argon2.PasswordHasher()
        self._wrong = argon2.exceptions.VerifyMismatchError
        self._nobody = _hash_of_nobody(self._hasher)

    async def hash(self, password: str) -> str:
        """Return what is to be stored for *password*, with a salt of its own.

        Raises:
            ValueError: It is longer than ``max_length``, or no text that UTF-8 has.
        """
        if len(password) > self.max_length:
            raise ValueError(
                f"`password` must have at most {self.max_length} characters, "
                f"but got {len(password)}."
            )
        from starlette.concurrency import run_in_threadpool

        hashed: str = await run_in_threadpool(self._hasher.hash, _encoded(password))
        return hashed

    async def verify(
        self,
        stored: Optional[str],
        password: str,
        *,
        rehash: Optional[Callable[[str], Awaitable[Any]]] = None,
    ) -> bool:
        """Tell whether *password* is the one that *stored* was made from.

        Args:
            stored: From ``hash``; None if there is no such user, or no password.
                That takes as long as a wrong password, so that nobody learns from the
                time who is there.
            password: As it was typed.
            rehash: Called with what is to be stored instead, when the password is
                right and was hashed with other parameters than those of today.

        Raises:
            argon2.exceptions.InvalidHashError: *stored* is no hash of Argon2.
            BaseException: Whatever *rehash* raises.
        """
        if len(password) > self.max_length:
            return False
        try:
            given = _encoded(password)
        except ValueError:
            return False
        from starlette.concurrency import run_in_threadpool

        is_right = await run_in_threadpool(self._matches, stored or self._nobody, given)
        if not is_right or not stored:
            return False
        if rehash is not None and self._hasher.check_needs_rehash(stored):
            await rehash(await self.hash(password))
        return True

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            self._hasher.verify(stored, password)
        except self._wrong:
            return False
        return True


def _encoded(password: str) -> bytes:
    try:
        return password.encode("utf-8")
    except UnicodeEncodeError:
        # That error would quote the password.
        raise ValueError("`password` must be text that UTF-8 can encode.") from None


def _hash_of_nobody(hasher: Any) -> str:
    """Return a hash that no password has, as expensive as any other."""
    from base64 import b64encode

    kind = hasher.type.name.lower()
    salt = b64encode(bytes(hasher.salt_len)).decode("ascii").rstrip("=")
    tag = b64encode(bytes(hasher.hash_len)).decode("ascii").rstrip("=")
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{kind}$v=19${cost}${salt}${tag}"
