"""Tests of the family together: what no single distribution can test."""
