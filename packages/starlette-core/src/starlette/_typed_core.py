"""What starlette-core adds to ``starlette``, for type checkers.

Made by ``python -m tools.plugins --write``.
"""

# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette as Starlette
    from starlette.background import BackgroundTask as BackgroundTask
    from starlette.background import BackgroundTasks as BackgroundTasks
    from starlette.concurrency import iterate_in_threadpool as iterate_in_threadpool
    from starlette.concurrency import run_in_threadpool as run_in_threadpool
    from starlette.config import Config as Config
    from starlette.convertors import Convertor as Convertor
    from starlette.convertors import register_url_convertor as register_url_convertor
    from starlette.datastructures import Address as Address
    from starlette.datastructures import CommaSeparatedStrings as CommaSeparatedStrings
    from starlette.datastructures import FormData as FormData
    from starlette.datastructures import Headers as Headers
    from starlette.datastructures import ImmutableMultiDict as ImmutableMultiDict
    from starlette.datastructures import MultiDict as MultiDict
    from starlette.datastructures import MutableHeaders as MutableHeaders
    from starlette.datastructures import QueryParams as QueryParams
    from starlette.datastructures import Secret as Secret
    from starlette.datastructures import State as State
    from starlette.datastructures import URL as URL
    from starlette.datastructures import URLPath as URLPath
    from starlette.datastructures import UploadFile as UploadFile
    from starlette.endpoints import HTTPEndpoint as HTTPEndpoint
    from starlette.endpoints import WebSocketEndpoint as WebSocketEndpoint
    from starlette.exceptions import HTTPException as HTTPException
    from starlette.exceptions import (
        StarletteDeprecationWarning as StarletteDeprecationWarning,
    )
    from starlette.exceptions import WebSocketException as WebSocketException
    from starlette.formparsers import FormParser as FormParser
    from starlette.formparsers import MultiPartException as MultiPartException
    from starlette.formparsers import MultiPartParser as MultiPartParser
    from starlette.middleware import Middleware as Middleware
    from starlette.middleware.base import BaseHTTPMiddleware as BaseHTTPMiddleware
    from starlette.middleware.errors import (
        ServerErrorMiddleware as ServerErrorMiddleware,
    )
    from starlette.middleware.exceptions import (
        ExceptionMiddleware as ExceptionMiddleware,
    )
    from starlette.requests import ClientDisconnect as ClientDisconnect
    from starlette.requests import HTTPConnection as HTTPConnection
    from starlette.requests import Request as Request
    from starlette.responses import FileResponse as FileResponse
    from starlette.responses import HTMLResponse as HTMLResponse
    from starlette.responses import JSONResponse as JSONResponse
    from starlette.responses import PlainTextResponse as PlainTextResponse
    from starlette.responses import RedirectResponse as RedirectResponse
    from starlette.responses import Response as Response
    from starlette.responses import StreamingResponse as StreamingResponse
    from starlette.routing import BaseRoute as BaseRoute
    from starlette.routing import Host as Host
    from starlette.routing import Match as Match
    from starlette.routing import Mount as Mount
    from starlette.routing import NoMatchFound as NoMatchFound
    from starlette.routing import Route as Route
    from starlette.routing import Router as Router
    from starlette.routing import WebSocketRoute as WebSocketRoute
    from starlette.schemas import OpenAPIResponse as OpenAPIResponse
    from starlette.schemas import SchemaGenerator as SchemaGenerator
    from starlette.types import ASGIApp as ASGIApp
    from starlette.types import Lifespan as Lifespan
    from starlette.types import Message as Message
    from starlette.types import Receive as Receive
    from starlette.types import Scope as Scope
    from starlette.types import Send as Send
    from starlette.websockets import WebSocket as WebSocket
    from starlette.websockets import WebSocketClose as WebSocketClose
    from starlette.websockets import WebSocketDisconnect as WebSocketDisconnect
    from starlette.websockets import WebSocketState as WebSocketState
