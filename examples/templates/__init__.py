"""A guest book: pages with a layout, a form, and a message that is shown once."""
