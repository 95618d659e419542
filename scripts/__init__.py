"""Commands for the maintainer that are no step of the pipeline."""
