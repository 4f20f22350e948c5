"""Shows the panel: a form for a request or a sweep."""
