"""The catalogue page of a release: charts, tables and pages, made from its own tables."""
