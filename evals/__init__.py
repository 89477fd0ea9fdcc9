"""Suites, simulated shoppers, metrics and reports."""
