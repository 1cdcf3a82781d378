"""Real GraphQL clients and conformance audits, against a served program."""
