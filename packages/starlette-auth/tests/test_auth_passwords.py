"""Passwords, with parameters of Argon2 that cost little."""

from __future__ import annotations

import sys
from typing import Any, List

import argon2
import pytest

from starlette.authentication import PasswordHasher

pytestmark = pytest.mark.anyio


class Counting(argon2.PasswordHasher):
    """Keeps what it was asked to verify."""

    def __init__(self, **options: Any) -> None:
        cheap = {"time_cost": 1, "memory_cost": 8, "parallelism": 1, **options}
        super().__init__(**cheap)
        self.verified: List[str] = []

    def verify(self, hash: Any, password: Any) -> Any:
        self.verified.append(hash)
        return super().verify(hash, password)


def hasher(**options: Any) -> PasswordHasher:
    return PasswordHasher(Counting(**options))


@pytest.mark.parametrize("password", ["secret", "", "pässwörd ✓", "\0", "x" * 4096])
async def test_right_password(password: str) -> None:
    """
    It is what was hashed, and each hash has a salt of its own.
    """
    passwords = hasher()
    first, second = await passwords.hash(password), await passwords.hash(password)

    assert first != second
    assert first.startswith("$argon2id$")
    assert await passwords.verify(first, password)
    assert await passwords.verify(second, password)


@pytest.mark.parametrize(
    "password", ["", "Secret", "secret ", "secre", "\udc80", "secret" * 10000]
)
async def test_wrong_password(password: str) -> None:
    """
    It is not.
    """
    passwords = hasher()

    assert not await passwords.verify(await passwords.hash("secret"), password)


@pytest.mark.parametrize("stored", [None, ""])
async def test_user_who_is_not_there(stored: Any) -> None:
    """
    A hash of the same cost is computed all the same, and no password is right.
    """
    counting = Counting(time_cost=2, memory_cost=16, salt_len=8, hash_len=20)
    passwords = PasswordHasher(counting)

    assert not await passwords.verify(stored, "secret")
    (nobody,) = counting.verified
    assert not counting.check_needs_rehash(nobody)


async def test_default_parameters() -> None:
    """
    They are those of the library, for the user who is not there as well.
    """
    passwords = PasswordHasher()

    assert not argon2.PasswordHasher().check_needs_rehash(passwords._nobody)


async def test_parameters_that_have_changed() -> None:
    """
    The right password is hashed again, once, and the wrong one is not.
    """
    old, new = hasher(), hasher(time_cost=2)
    stored = await old.hash("secret")
    saved: List[str] = []

    async def save(rehashed: str) -> None:
        saved.append(rehashed)

    assert not await new.verify(stored, "wrong", rehash=save)
    assert saved == []
    assert await new.verify(stored, "secret", rehash=save)
    (again,) = saved
    assert await new.verify(again, "secret", rehash=save)
    assert len(saved) == 1


async def test_stored_text_that_is_no_hash() -> None:
    """
    It is an error and never a pass.
    """
    with pytest.raises(ValueError):
        await hasher().verify("secret", "secret")


@pytest.mark.parametrize("password", ["s3cret" * 1000, "s3cret\udc80"])
async def test_password_that_cannot_be_hashed(password: str) -> None:
    """
    The error does not quote it.
    """
    with pytest.raises(ValueError, match="`password` must") as caught:
        await hasher().hash(password)

    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error has the line that installs it.
    """
    monkeypatch.setitem(sys.modules, "argon2", None)

    with pytest.raises(ModuleNotFoundError, match=r"starlette-auth\[passwords\]"):
        PasswordHasher()
