"""A guest book with photos, over GraphQL: queries, an upload and a subscription."""
