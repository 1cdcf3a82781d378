"""An ASGI toolkit.

The package is shared by several distributions: ``starlette-core`` owns this
file, the others add modules beside it.  A byte-identical copy stands in the
source tree of every one of them and is left out of their wheels, so that any
mix of installed and editable members imports and type-checks alike.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)

from starlette._names import *  # noqa: F403
from starlette._version import __version__ as __version__
