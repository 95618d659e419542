"""What happens, one verb per file, in the order of the data. A step imports schemas, never another step."""
