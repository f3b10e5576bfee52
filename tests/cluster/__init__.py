"""A package, so that its cluster ends with its tests and not with the last of all."""
