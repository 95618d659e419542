"""Measurements of the project itself. They are no part of the pipeline."""
