"""``Jinja2Templates``: an environment, and what makes responses of its templates."""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Union,
    overload,
)

from starlette._deprecations import warn_deprecated
from starlette._templating.lookup import name_places
from starlette._templating.responses import (
    _LateTemplateResponse,
    _StreamingTemplateResponse,
    _TemplateResponse,
    is_async,
)
from starlette._utils import is_async_callable

if TYPE_CHECKING:
    from os import PathLike

    import jinja2
    from typing_extensions import Literal

    from starlette._templating.escaping import EscapingOverlay
    from starlette.background import BackgroundTask
    from starlette.requests import Request

    Directory = Union[str, PathLike[str], Sequence[Union[str, PathLike[str]]]]
    ContextProcessor = Callable[[Request], Dict[str, Any]]

__all__ = ("Jinja2Templates",)

# What middleware leaves in the state of a request for templates to use.
_OFFERED = ("csp_nonce", "csrf_token")

# In characters: one piece of a stream, unless the caller says otherwise.
_BUFFER_SIZE = 8192

_OPTIONS_ARE_DEPRECATED = (
    "Extra environment options are deprecated. "
    "Use a preconfigured jinja2.Environment instead."
)
_NAME_WAS_FIRST = (
    "The `name` is not the first parameter anymore. "
    "The first parameter should be the `Request` instance.\n"
    'Replace `TemplateResponse(name, {"request": request})` '
    "by `TemplateResponse(request, name)`."
)
_REQUEST_IS_MISSING = (
    "The `TemplateResponse` now requires the `request` argument.\n"
    'Replace `TemplateResponse(name, {"context": context})` '
    "by `TemplateResponse(request, name)`."
)


class Jinja2Templates:
    """Makes responses of templates.

    In every template there are ``request`` and ``url_for``; ``csp_nonce`` and
    ``csrf_token`` where a middleware offers them in the state of the request.

    What is sent as HTML or XML is escaped, whatever the file is called and whatever
    the environment would do; ``|safe`` and ``{% autoescape false %}`` say what needs
    none.  Out of reach are templates made from text, and code that was compiled
    beforehand for a ``ModuleLoader``.

    Args:
        directory: Where the templates are; several folders are searched in order.
        context_processors: Called with the request for each response; what they
            return goes into the context, over what is there.
        env: An environment of your own, instead of *directory*.
        **env_options: For the environment made from *directory* (deprecated).
            ``autoescape=False``, which is no deprecated option beside *env*, leaves
            it to the environment what is escaped.

    Attributes:
        env: The environment.
        context_processors: As given, or an empty list.

    Raises:
        AssertionError: Jinja2 is missing, or there are not either *directory* or *env*.
        TypeError: A context processor is a coroutine function.
    """

    context_processors: List[ContextProcessor]
    env: jinja2.Environment
    # On the class, so that a subclass that never calls __init__ has it too.
    _overlay: Optional[EscapingOverlay] = None

    def __init__(
        self,
        directory: Optional[Directory] = None,
        *,
        context_processors: Optional[List[ContextProcessor]] = None,
        env: Optional[jinja2.Environment] = None,
        **env_options: Any,
    ) -> None:
        _require_jinja2()
        if directory and env is None:
            if env_options:
                warn_deprecated(_OPTIONS_ARE_DEPRECATED, category=DeprecationWarning)
            env = self._create_env(directory, **env_options)
        elif directory or env is None:
            raise AssertionError("either 'directory' or 'env' arguments must be passed")
        elif env_options.keys() - {"autoescape"}:
            warn_deprecated(_OPTIONS_ARE_DEPRECATED, category=DeprecationWarning)
        self.context_processors = _checked(context_processors or [])
        self._setup_env_defaults(env)
        self.env = env

        if env_options.get("autoescape") is not False:
            from starlette._templating.escaping import EscapingOverlay

            self._overlay = EscapingOverlay()

    # Programs override these two.

    def _create_env(
        self, directory: Directory, **env_options: Any
    ) -> jinja2.Environment:
        import jinja2

        options = {"autoescape": True, **env_options}
        if "loader" not in options:
            options["loader"] = jinja2.FileSystemLoader(directory)
        return jinja2.Environment(**options)

    def _setup_env_defaults(self, env: jinja2.Environment) -> None:
        from starlette._templating.functions import add_functions

        add_functions(env)

    def get_template(self, name: str) -> jinja2.Template:
        """Return a template as the environment has it.

        Raises:
            jinja2.TemplateNotFound: There is none; the message says where it was
                looked for.
            jinja2.TemplateSyntaxError: It cannot be compiled.
        """
        try:
            return self.env.get_template(name)
        except LookupError as error:
            name_places(error, self.env)
            raise

    @overload
    def TemplateResponse(
        self,
        request: Request,
        name: str,
        context: Optional[Mapping[str, Any]] = None,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
        *,
        stream: Literal[False] = False,
        threaded: bool = False,
    ) -> _TemplateResponse: ...

    @overload
    def TemplateResponse(
        self,
        request: Request,
        name: str,
        context: Optional[Mapping[str, Any]] = None,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
        *,
        stream: Literal[True],
        buffer_size: int = _BUFFER_SIZE,
    ) -> _StreamingTemplateResponse: ...

    @overload
    def TemplateResponse(
        self,
        name: str,
        context: Optional[Mapping[str, Any]] = None,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
    ) -> _TemplateResponse: ...

    def TemplateResponse(self, *args: Any, **kwargs: Any) -> Any:
        """Return a response that sends a template.

        The older form, with *name* first and the request in *context*, is deprecated.

        Args:
            request: The request.
            name: Of the template.
            context: The variables of the template.  Copied: ``request`` and what the
                context processors return is added to the copy.
            status_code: The status.
            headers: Further headers.
            media_type: The media type, instead of ``text/html``.
            background: Awaited when the page has been sent.
            stream: Whether to send the page while it is rendered.
            buffer_size: How many characters make a piece of a stream.
            threaded: Whether to render in a worker thread, when the response is sent.
                An environment with ``enable_async`` renders on the event loop then,
                and has no need of threads.

        Raises:
            jinja2.TemplateError: The template is missing, or cannot be rendered.
            ValueError: There is no request, or arguments contradict each other.
        """
        if args and not isinstance(args[0], str):
            return self._respond(*args, **kwargs)
        if args:
            warn_deprecated(_NAME_WAS_FIRST, category=DeprecationWarning)
            return self._respond_in_old_form(*args, **kwargs)
        if "request" in kwargs:
            return self._respond(**kwargs)
        warn_deprecated(_REQUEST_IS_MISSING, category=DeprecationWarning)
        return self._respond_in_old_form(**kwargs)

    def _respond_in_old_form(
        self,
        name: str,
        context: Optional[Mapping[str, Any]] = None,
        *args: Any,
        request: Any = None,
        **kwargs: Any,
    ) -> Any:
        if request is None and (context is None or "request" not in context):
            raise ValueError('context must include a "request" key')
        if context is not None:
            request = context.get("request", request)
        return self._respond(request, name, context, *args, **kwargs)

    def _respond(
        self,
        request: Request,
        name: str,
        context: Optional[Mapping[str, Any]] = None,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
        *,
        stream: bool = False,
        threaded: bool = False,
        buffer_size: int = _BUFFER_SIZE,
        **unknown: Any,
    ) -> Any:
        if unknown:
            # As it has always been; a mistake nevertheless.
            warn_deprecated(f"Unknown arguments are ignored: {', '.join(unknown)}.")
        # A copy: a dict that is used for all requests must not keep the first one.
        variables = {"request": request, **context} if context else {"request": request}
        self._add_variables(request, variables)
        template: Any = self.get_template(name)
        if self._overlay is not None:
            template = self._overlay.template_for(template, media_type, headers)
        response = (template, variables, status_code, headers, media_type, background)
        if stream:
            # What is only made when it is read adds headers then, and these are sent
            # before the page is complete.
            for offered in _OFFERED:
                str(variables.get(offered))
            return _StreamingTemplateResponse(*response, buffer_size=buffer_size)
        if threaded and is_async(template):
            raise ValueError(
                "`threaded` must be False with an environment that has `enable_async`."
            )
        if threaded or is_async(template):
            return _LateTemplateResponse(*response)
        return _TemplateResponse(*response)

    def _add_variables(self, request: Request, variables: Dict[str, Any]) -> None:
        state = getattr(request, "scope", {}).get("state")
        if state:
            for offered in _OFFERED:
                if offered in state:
                    variables.setdefault(offered, state[offered])
        for processor in self.context_processors:
            variables.update(processor(request))


def _require_jinja2() -> None:
    try:
        import jinja2  # noqa: F401
    except ModuleNotFoundError as error:
        raise AssertionError(
            "jinja2 must be installed to use Jinja2Templates: "
            "pip install starlette-core[templating]"
        ) from error


def _checked(processors: List[ContextProcessor]) -> List[ContextProcessor]:
    for processor in processors:
        if is_async_callable(processor):
            raise TypeError(
                "`context_processors` must be plain functions, "
                f"but got the coroutine function {processor!r}."
            )
    return processors
