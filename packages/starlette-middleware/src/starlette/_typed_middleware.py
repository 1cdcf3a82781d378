"""What starlette-middleware adds to ``starlette``, for type checkers.

Made by ``python -m tools.plugins --write``.
"""

# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.middleware.body_limit import (
        BodyLimitMiddleware as BodyLimitMiddleware,
    )
    from starlette.middleware.compression import (
        CompressionMiddleware as CompressionMiddleware,
    )
    from starlette.middleware.cors import CORSMiddleware as CORSMiddleware
    from starlette.middleware.csrf import CSRFMiddleware as CSRFMiddleware
    from starlette.middleware.gzip import GZipMiddleware as GZipMiddleware
    from starlette.middleware.httpsredirect import (
        HTTPSRedirectMiddleware as HTTPSRedirectMiddleware,
    )
    from starlette.middleware.opentelemetry import (
        OpenTelemetryMiddleware as OpenTelemetryMiddleware,
    )
    from starlette.middleware.proxy_headers import (
        ProxyHeadersMiddleware as ProxyHeadersMiddleware,
    )
    from starlette.middleware.request_id import (
        RequestIDMiddleware as RequestIDMiddleware,
    )
    from starlette.middleware.security_headers import (
        SecurityHeadersMiddleware as SecurityHeadersMiddleware,
    )
    from starlette.middleware.sessions import SessionMiddleware as SessionMiddleware
    from starlette.middleware.timeout import TimeoutMiddleware as TimeoutMiddleware
    from starlette.middleware.trustedhost import (
        TrustedHostMiddleware as TrustedHostMiddleware,
    )
    from starlette.middleware.wsgi import WSGIMiddleware as WSGIMiddleware
