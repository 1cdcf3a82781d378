"""Messages of a WebSocket: what may come in them, and how a connection is refused.

Reading a message takes linear time and raises ``Closing`` for whatever is none, with
the code that the protocols have for that.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from starlette._graphql.errors import RequestError
from starlette._graphql.request import GraphQLRequest
from starlette._graphql.wirejson import MalformedJSON, decode

__all__ = (
    "Closing",
    "Message",
    "parse",
    "payload_of",
    "request_of",
    "text_of",
)

NORMAL_CLOSURE = 1000  # RFC 6455, section 7.4.1, as is the next one
MESSAGE_TOO_BIG = 1009
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INIT_TIMEOUT = 4408
ALREADY_EXISTS = 4409
TOO_MANY_INITS = 4429
INTERNAL_ERROR = 4500

Message = Dict[str, Any]


class Closing(Exception):
    """The connection is to be closed.

    Args:
        code: The close code.
        reason: What the client is told; what does not fit into the 123 bytes of a
            close frame (RFC 6455, section 5.5) is cut off.

    Attributes:
        code: As given.
        reason: As given, cut.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason.encode("utf-8", "replace")[:123].decode("utf-8", "ignore")


def parse(text: str, limit: Optional[int]) -> Message:
    """Return the message that *text* is.

    Args:
        text: What came.
        limit: How many characters it may have, if that is limited.

    Raises:
        Closing: It is no JSON object, or too long.
    """
    if limit is not None and len(text) > limit:
        raise Closing(MESSAGE_TOO_BIG, f"Messages may have {limit} characters")
    try:
        message = decode(text)
    except MalformedJSON:
        raise Closing(BAD_REQUEST, "Messages must be JSON") from None
    if type(message) is not dict:
        raise Closing(BAD_REQUEST, "Messages must be JSON objects")
    return message


def text_of(message: Message, name: str) -> str:
    """Return a member that must be text, and not empty.

    Raises:
        Closing: It is not.
    """
    value = message.get(name)
    if type(value) is not str or not value:
        raise Closing(BAD_REQUEST, f"`{name}` must be a string that is not empty")
    return value


def payload_of(message: Message) -> Optional[Dict[str, Any]]:
    """Return the payload, an object or nothing.

    Raises:
        Closing: It is something else.
    """
    payload = message.get("payload")
    if payload is not None and type(payload) is not dict:
        raise Closing(BAD_REQUEST, "`payload` must be an object")
    return payload


def request_of(message: Message) -> GraphQLRequest:
    """Return the GraphQL request that the payload is.

    Raises:
        Closing: It is none.
    """
    try:
        request = GraphQLRequest.of(message.get("payload"))
    except RequestError as error:
        raise Closing(BAD_REQUEST, error.message) from None
    if (
        request.query is None
        and request.document_id is None
        and "persistedQuery" not in (request.extensions or ())
    ):
        raise Closing(BAD_REQUEST, "`query` is missing.")
    return request
