"""The catalogue of textbook layers: one file each, found by the name of its entry point."""
