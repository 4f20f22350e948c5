"""A sweep as its user holds it: planning, buying, its cells."""
