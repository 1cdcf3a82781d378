"""Tokens that an issuer has signed, with keys made here."""

from __future__ import annotations

import json
import sys
import threading
import time
import warnings
from base64 import urlsafe_b64encode
from typing import Any, Dict, List, Optional, Tuple

import anyio
import pytest

with warnings.catch_warnings():
    # cryptography tells that it will drop 3.8.
    warnings.simplefilter("ignore")
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

from starlette.authentication import (
    AuthCredentials,
    BaseUser,
    InvalidCredentials,
    JWTBackend,
    JWTKeys,
    SimpleUser,
)
from starlette.requests import HTTPConnection
from starlette.testing import http_scope

pytestmark = pytest.mark.anyio

SECRET = "0123456789abcdef" * 4
CLAIMS = {
    "iss": "https://issuer.example",
    "aud": "notes",
    "sub": "ada",
    "scope": "read write",
}
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, **extra: Any) -> Dict[str, Any]:
    """The entry of a key set for a private key."""
    kind = "RS256" if key is RSA else "ES256"
    algorithm: Any = jwt.algorithms.get_default_algorithms()[kind]
    return {**json.loads(algorithm.to_jwk(key.public_key())), **extra}


KEY_SET = {"keys": [public(RSA, kid="rsa", alg="RS256"), public(EC, kid="ec")]}


def token(
    key: Any = SECRET,
    algorithm: str = "HS256",
    headers: Optional[Dict[str, Any]] = None,
    without: str = "",
    **claims: Any,
) -> str:
    payload = {**CLAIMS, "exp": time.time() + 3600, **claims}
    payload.pop(without, None)
    return str(jwt.encode(payload, key, algorithm=algorithm, headers=headers))


def bearer(text: str) -> HTTPConnection:
    header = ("authorization", f"Bearer {text}".encode("latin-1"))
    return HTTPConnection(http_scope(headers=[header]))


def backend(keys: Optional[JWTKeys] = None, **options: Any) -> JWTBackend:
    given = {"issuer": CLAIMS["iss"], "audience": "notes", **options}
    return JWTBackend(keys or JWTKeys.from_secret(SECRET), **given)


async def refused(checked: JWTBackend, text: str) -> bool:
    with pytest.raises(InvalidCredentials) as caught:
        await checked.authenticate(bearer(text))
    return str(caught.value) == "Invalid credentials"


async def accepted(checked: JWTBackend, text: str) -> Tuple[str, List[str]]:
    found = await checked.authenticate(bearer(text))
    assert found is not None
    return found[1].display_name, found[0].scopes


@pytest.mark.parametrize("headers", [None, {"kid": "any"}])
async def test_token_signed_with_a_shared_secret(headers: Any) -> None:
    """
    It names the user and the scopes.
    """
    assert await accepted(backend(), token(headers=headers)) == (
        "ada",
        ["read", "write"],
    )


@pytest.mark.parametrize(
    "key, algorithm, name", [(RSA, "RS256", "rsa"), (EC, "ES256", "ec")]
)
async def test_token_signed_with_a_key_of_a_set(
    key: Any, algorithm: str, name: str
) -> None:
    """
    It is verified with the key that it names.
    """
    signed = token(key, algorithm, {"kid": name})

    assert (await accepted(backend(JWTKeys(KEY_SET)), signed))[0] == "ada"


@pytest.mark.parametrize("headers", [None, {"kid": "rsa"}])
async def test_token_without_the_name_of_a_key(headers: Any) -> None:
    """
    It is for the only key, if there is no more than one.
    """
    only = {"keys": [public(RSA, **({} if headers is None else headers))]}
    signed = token(RSA, "RS256")

    assert (await accepted(backend(JWTKeys(only)), signed))[0] == "ada"
    assert await refused(backend(JWTKeys(KEY_SET)), signed)


async def test_no_token() -> None:
    """
    It is nobody; so is another scheme.
    """
    other = HTTPConnection(http_scope(headers={"authorization": "Basic YTpi"}))

    assert await backend().authenticate(HTTPConnection(http_scope())) is None
    assert await backend().authenticate(other) is None


def encoded(header: str, claims: str = "{}", signature: str = "eA") -> str:
    parts = [urlsafe_b64encode(part.encode()).decode() for part in (header, claims)]
    return ".".join([*(part.rstrip("=") for part in parts), signature])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "..",
        "a.b.c",
        "\xe9.\xe9.\xe9",
        token()[:-2],
        token()[5:],
        token() + "x",
        token().rpartition(".")[0] + ".",
        token() + "." + token(),
        token() * 40,
        encoded("[]"),
        encoded("null"),
        encoded('{"alg": "HS256"}'),
        encoded('{"alg": "HS256", "kid": 3}'),
        encoded('{"alg": "none"}', json.dumps(CLAIMS), ""),
        encoded("[" * 5000),
        token(SECRET[::-1]),
        token(algorithm="HS512"),
        token(headers={"crit": ["exp"]}),
    ],
    ids=range(20),
)
async def test_token_that_is_malformed_or_forged(text: str) -> None:
    """
    It is refused.
    """
    assert await refused(backend(), text)


@pytest.mark.parametrize(
    "claims",
    [
        {"without": "exp"},
        {"without": "iss"},
        {"without": "aud"},
        {"without": "sub"},
        {"exp": time.time() - 1},
        {"exp": "tomorrow"},
        {"nbf": time.time() + 3600},
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"aud": []},
        {"sub": ""},
        {"scope": 3},
    ],
    ids=range(12),
)
async def test_token_whose_claims_are_not_right(claims: Any) -> None:
    """
    It is refused.
    """
    assert await refused(backend(), token(**claims))


async def test_time_that_is_no_number() -> None:
    """
    It is refused.
    """
    assert await refused(backend(), token(exp=float("inf")))
    assert await refused(backend(), token(exp=float("nan")))


async def test_leeway() -> None:
    """
    Clocks may differ by as much.
    """
    late = token(exp=time.time() - 1800)

    assert (await accepted(backend(leeway=3600), late))[0] == "ada"
    assert await refused(backend(leeway=10), late)


async def test_audiences() -> None:
    """
    One of several is enough, on either side.
    """
    checked = backend(audience=["notes", "mail"])

    assert (await accepted(checked, token(aud=["other", "mail"])))[0] == "ada"


async def test_public_key_as_a_secret() -> None:
    """
    A token that is signed with the published key is refused: the algorithm is that of
    the key, whatever the token says.
    """
    from cryptography.hazmat.primitives import serialization

    pem = RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = '{"alg": "HS256", "kid": "rsa"}'
    signing = encoded(header, json.dumps({**CLAIMS, "exp": 9e9}), "").rstrip(".")
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = urlsafe_b64encode(mac.sign(signing.encode(), pem)).decode().rstrip("=")

    assert await refused(backend(JWTKeys(KEY_SET)), f"{signing}.{signature}")


async def test_keys_that_are_passed_over() -> None:
    """
    Secrets that are published, keys for encryption and unknown kinds verify nothing.
    """
    listed = [
        {"kty": "oct", "kid": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZg"},
        public(RSA, kid="enc", use="enc"),
        {"kty": "XYZ", "kid": "xyz"},
    ]
    checked = backend(JWTKeys({"keys": listed}))

    for name in ("oct", "enc", "xyz"):
        assert await refused(checked, token(headers={"kid": name}))
        assert await refused(checked, token(RSA, "RS256", {"kid": name}))


@pytest.mark.parametrize(
    "key_set",
    [
        [],
        {},
        {"keys": {}},
        {"keys": ["x"]},
        {"keys": [{"kty": "RSA", "kid": {}}]},
        {"keys": [{"kty": "RSA", "kid": "a"}]},
        {"keys": [{"kty": "EC", "kid": "a", "crv": "P-1"}]},
        {"keys": [public(EC, kid="a", x="AA")]},
        {"keys": [public(RSA, kid="a", alg="none")]},
        {"keys": [public(RSA, kid="a", alg="HS256")]},
        {"keys": [public(EC, kid="a"), public(RSA, kid="a")]},
    ],
    ids=range(11),
)
async def test_key_set_that_is_none(key_set: Any) -> None:
    """
    It is an error, without the key in it.
    """
    with pytest.raises(ValueError, match="`key_set`"):
        JWTKeys(key_set)


class Issuer:
    """Publishes keys, and counts who asks."""

    def __init__(self, *keys: Dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.now = 1000.0

    async def fetch(self) -> Dict[str, Any]:
        self.asked += 1
        await anyio.sleep(0)
        return {"keys": self.keys}

    def clock(self) -> float:
        return self.now


async def test_rotation() -> None:
    """
    A new key is fetched when a token names it, and one that is gone is forgotten.
    """
    issuer = Issuer(public(RSA, kid="1"))
    checked = backend(JWTKeys(fetch=issuer.fetch, clock=issuer.clock))
    old, new = token(RSA, "RS256", {"kid": "1"}), token(EC, "ES256", {"kid": "2"})

    assert (await accepted(checked, old))[0] == "ada"
    issuer.keys = [public(EC, kid="2")]
    assert await refused(checked, new)
    assert (await accepted(checked, old))[0] == "ada"
    assert issuer.asked == 1

    issuer.now += 60
    assert (await accepted(checked, new))[0] == "ada"
    assert await refused(checked, old)
    assert issuer.asked == 2


async def test_many_tokens_at_once() -> None:
    """
    They wait for one call, and all have what it brings.
    """
    issuer = Issuer(public(RSA, kid="1"))
    checked = backend(JWTKeys(fetch=issuer.fetch, interval=0))
    signed = token(RSA, "RS256", {"kid": "1"})
    names: List[str] = []

    async def ask() -> None:
        names.append((await accepted(checked, signed))[0])

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)

    assert names == ["ada"] * 5
    assert issuer.asked == 1


async def test_issuer_that_cannot_be_reached() -> None:
    """
    The error is the server's, and it is asked again the next time.
    """
    asked: List[int] = []

    async def fetch() -> Dict[str, Any]:
        asked.append(1)
        raise OSError("no route")

    checked = backend(JWTKeys(fetch=fetch))

    for _ in range(2):
        with pytest.raises(OSError, match="no route"):
            await checked.authenticate(bearer(token()))
    assert len(asked) == 2


async def test_issuer_that_cannot_be_reached_any_more() -> None:
    """
    It is asked once an interval; the keys that are known stay good.
    """
    issuer = Issuer(public(RSA, kid="1"))
    asked: List[int] = []

    async def fetch() -> Dict[str, Any]:
        asked.append(1)
        if len(asked) > 1:
            raise OSError("no route")
        return await issuer.fetch()

    checked = backend(JWTKeys(fetch=fetch, clock=issuer.clock))
    known, unknown = token(RSA, "RS256", {"kid": "1"}), token(EC, "ES256", {"kid": "2"})
    assert (await accepted(checked, known))[0] == "ada"

    for _ in range(2):
        issuer.now += 60
        with pytest.raises(OSError, match="no route"):
            await checked.authenticate(bearer(unknown))
        assert await refused(checked, unknown)
        assert (await accepted(checked, known))[0] == "ada"
    assert len(asked) == 3


async def test_own_user() -> None:
    """
    The application makes it from the claims, or knows nobody by them.
    """

    async def load(
        claims: Dict[str, Any],
    ) -> Optional[Tuple[AuthCredentials, BaseUser]]:
        if claims["sub"] != "ada":
            return None
        return AuthCredentials(claims["roles"]), SimpleUser("Ada")

    checked = backend(load=load)

    assert await accepted(checked, token(roles=["admin"])) == ("Ada", ["admin"])
    assert await refused(checked, token(sub="bob"))


@pytest.mark.parametrize(
    "secret, algorithm", [("x" * 31, "HS256"), (b"x" * 47, "HS384")]
)
async def test_secret_that_is_too_short(secret: Any, algorithm: str) -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(ValueError, match="`secret` must have at least"):
        JWTKeys.from_secret(secret, algorithm)


@pytest.mark.parametrize("algorithm", ["none", "RS256", "hs256"])
async def test_secret_for_another_algorithm(algorithm: str) -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(ValueError, match="`algorithm` must be one of"):
        JWTKeys.from_secret(SECRET, algorithm)


@pytest.mark.parametrize(
    "options", [{"issuer": ""}, {"audience": ""}, {"audience": []}]
)
async def test_issuer_or_audience_left_empty(options: Any) -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(ValueError, match="must not be empty"):
        backend(**options)


async def test_nothing_secret_is_shown() -> None:
    """
    The keys are in no repr; the challenge names the realm.
    """
    keys = JWTKeys.from_secret(SECRET)

    assert SECRET not in repr(keys) + repr(backend(keys))
    assert backend().challenges == ('Bearer realm="api"',)


async def test_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error has the line that installs it.
    """
    monkeypatch.setitem(sys.modules, "jwt", None)

    with pytest.raises(ModuleNotFoundError, match=r"starlette-auth\[jwt\]"):
        JWTKeys()


def test_keys_on_one_event_loop_after_the_other() -> None:
    """
    It does not matter of which kind they are.
    """
    issuer = Issuer()
    keys = JWTKeys(fetch=issuer.fetch, interval=0)
    for kind in ("asyncio", "trio", "asyncio"):
        anyio.run(keys.find, "unknown", backend=kind)

    assert issuer.asked == 3


def test_keys_on_two_event_loops_at_once() -> None:
    """
    Each makes its own call: neither could wake the other.
    """
    calls, may_end = threading.Semaphore(0), threading.Event()
    ended: List[int] = []

    async def fetch() -> Dict[str, Any]:
        calls.release()
        while not may_end.is_set():
            await anyio.sleep(0)
        return {"keys": []}

    def find(number: int) -> None:
        anyio.run(keys.find, "unknown")
        ended.append(number)

    keys = JWTKeys(fetch=fetch, interval=0)
    threads = [threading.Thread(target=find, args=(n,), daemon=True) for n in (1, 2)]
    for thread in threads:
        thread.start()
    have_called = [calls.acquire(timeout=60) for _ in threads]
    may_end.set()
    for thread in threads:
        thread.join(60)

    assert have_called == [True, True]
    assert sorted(ended) == [1, 2]


async def test_call_that_was_cancelled() -> None:
    """
    Who has waited for it makes one.
    """
    issuer = Issuer(public(RSA, kid="1"))
    scope = anyio.CancelScope()
    asked: List[int] = []
    found: List[Any] = []

    async def fetch() -> Dict[str, Any]:
        asked.append(1)
        if len(asked) == 1:
            await anyio.sleep_forever()
        return await issuer.fetch()

    async def find() -> None:
        found.append(await keys.find("1"))

    async def give_up() -> None:
        with scope:
            await find()

    keys = JWTKeys(fetch=fetch)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_up)
        while not asked:
            await anyio.sleep(0)
        for _ in range(3):
            tasks.start_soon(find)
        await anyio.sleep(0)
        scope.cancel()

    assert len(asked) == 2
    assert [key is None for key in found] == [False] * 3
