"""The signature on session cookies: that of ``itsdangerous.TimestampSigner``.

Apart from ``sessions.py`` so that the library is loaded only where it is needed.
"""

from __future__ import annotations

import hmac
from hashlib import sha1
from typing import Any, Dict, Optional, Sequence, Union

from itsdangerous import TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

__all__ = ("SessionSigner",)


class _PreparedHMAC(SigningAlgorithm):
    """HMAC with SHA-1, the key prepared once: half of the cost of a signature."""

    def __init__(self) -> None:
        self._prepared: Dict[bytes, Any] = {}

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return the signature of *value*."""
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = self._prepared[key] = hmac.new(key, digestmod=sha1)
        mac = prepared.copy()
        mac.update(value)
        signature: bytes = mac.digest()
        return signature


class SessionSigner(TimestampSigner):
    """A ``TimestampSigner`` that derives its keys once.

    Args:
        keys: The first signs, all verify.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        # The library has the newest last.
        super().__init__(list(reversed(keys)), algorithm=_PreparedHMAC())
        self._derived: Dict[Any, bytes] = {
            key: super(SessionSigner, self).derive_key(key) for key in self.secret_keys
        }
        self._newest = self._derived[self.secret_keys[-1]]

    def derive_key(self, secret_key: Union[str, bytes, None] = None) -> bytes:
        """Return what *secret_key*, or the one that signs, is made into."""
        if secret_key is None:
            return self._newest
        derived = self._derived.get(secret_key)
        return super().derive_key(secret_key) if derived is None else derived

    def unsign(
        self,
        signed_value: Union[str, bytes],
        max_age: Optional[int] = None,
        return_timestamp: bool = False,
    ) -> Any:
        """Return the text in *signed_value*; see ``TimestampSigner.unsign``.

        Raises:
            itsdangerous.BadSignature: It is not what was signed.
            itsdangerous.SignatureExpired: It was signed too long ago.
        """
        if isinstance(signed_value, bytes) and max_age and not return_timestamp:
            # What nearly every cookie is, in half the time.  Whatever is wrong, the
            # library finds out and says.
            signed, _, signature = signed_value.rpartition(b".")
            value, _, stamp = signed.rpartition(b".")
            right = self.algorithm.get_signature(self._newest, signed)
            if hmac.compare_digest(base64_encode(right), signature):
                time = int.from_bytes(base64_decode(stamp), "big")
                if 0 <= self.get_timestamp() - time <= max_age:
                    return value
        unsign: Any = super().unsign
        return unsign(signed_value, max_age, return_timestamp)
