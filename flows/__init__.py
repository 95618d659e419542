"""What happens: read, ingest, validate, localise, select, store, publish. A step imports schemas, never another step."""
