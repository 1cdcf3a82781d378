"""What a client asks for: the members of a GraphQL request, checked.

The same members come in a JSON body, in a URL, in a multipart form and in the
messages of a WebSocket; all of them end here.  *GraphQL over HTTP*, "Request
Parameters": ``null`` means absent, and members that nobody knows are ignored.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from starlette._graphql.errors import RequestError

__all__ = ("GraphQLRequest",)


class GraphQLRequest:
    """One operation, as a client asks for it.

    Args:
        query: The document.
        variables: By name, not yet coerced.
        operation_name: Which operation of the document.
        extensions: Members of protocols beyond the specification.
        document_id: Names a document that the server has, instead of *query*.

    Attributes:
        query: As given.
        variables: As given.
        operation_name: As given.
        extensions: As given.
        document_id: As given.
    """

    __slots__ = ("document_id", "extensions", "operation_name", "query", "variables")

    def __init__(
        self,
        query: Optional[str] = None,
        variables: Optional[Dict[str, Any]] = None,
        operation_name: Optional[str] = None,
        extensions: Optional[Dict[str, Any]] = None,
        document_id: Optional[str] = None,
    ) -> None:
        self.query: Optional[str] = query
        self.variables: Optional[Dict[str, Any]] = variables
        self.operation_name: Optional[str] = operation_name
        self.extensions: Optional[Dict[str, Any]] = extensions
        self.document_id: Optional[str] = document_id

    @classmethod
    def of(cls, members: Any) -> GraphQLRequest:
        """Make a request of what was decoded from the wire.

        Args:
            members: ``{"query": str, "variables": {...}, "operationName": str,
                "extensions": {...}, "documentId": str}``, each optional.

        Raises:
            RequestError: *members* is no mapping, or a member has the wrong type.
        """
        if type(members) is not dict:
            raise _malformed("A GraphQL request must be a JSON object.")
        get = members.get
        query = get("query")
        variables = get("variables")
        name = get("operationName")
        extensions = get("extensions")
        document_id = get("documentId")
        if query is not None and type(query) is not str:
            raise _malformed("`query` must be a string.")
        if variables is not None and type(variables) is not dict:
            raise _malformed("`variables` must be an object.")
        if name is not None and type(name) is not str:
            raise _malformed("`operationName` must be a string.")
        if extensions is not None and type(extensions) is not dict:
            raise _malformed("`extensions` must be an object.")
        if document_id is not None and type(document_id) is not str:
            raise _malformed("`documentId` must be a string.")
        return cls(query, variables, name, extensions, document_id)

    @classmethod
    def of_url(cls, params: Mapping[str, str]) -> GraphQLRequest:
        """Make a request of the parameters in a URL; empty ones are absent.

        Raises:
            RequestError: ``variables`` or ``extensions`` is not a JSON object.
        """
        return cls(
            params.get("query") or None,
            _object(params, "variables"),
            params.get("operationName") or None,
            _object(params, "extensions"),
            params.get("documentId") or None,
        )


def _object(params: Mapping[str, str], name: str) -> Optional[Dict[str, Any]]:
    from starlette._graphql.wirejson import MalformedJSON, decode

    text = params.get(name)
    if not text:
        return None
    try:
        value = decode(text)
    except MalformedJSON as exc:
        raise RequestError(400, f"`{name}` is not valid JSON.") from exc
    if value is not None and type(value) is not dict:
        raise _malformed(f"`{name}` must be an object.")
    return value


def _malformed(message: str) -> RequestError:
    # Well-formed JSON that is no request: 400, and 422 under the draft of 2026.
    return MalformedRequest(400, message)


class MalformedRequest(RequestError):
    """What came is JSON, but no GraphQL request."""
