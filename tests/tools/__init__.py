"""Tests of the tools of the monorepo."""
