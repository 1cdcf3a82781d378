"""The parts of ``starlette.graphql``.

An operation goes through them like this::

    app             what people mount; options are checked and decided here
      http          a request and its response
        reading       the body or the URL
        csrf          requests that another site could have made
        uploads       files, with upload_form and upload_map
        negotiation   media types, and status what goes with them
        sse, multipart  streams, on streaming
      websocket     a WebSocket, on transport_ws and legacy_ws
      graphiql      the page for browsers, its files in ide/
    engine          the one place where an operation is prepared and run
      persisted     which text a request means
      prepare       parsed, measured (measure, limits, cost) and validated
      documents     what is kept of it
      around        hooks, extensions, time
      executor/     compiled operations
      incremental   what was deferred
      errors        what of errors the client sees
      strawberry    an engine for schemas that bring their own execution
    schema          what may be a schema, with resolvers
    context         what resolvers find in info.context
    compat          all that differs between the lines of graphql-core
"""
