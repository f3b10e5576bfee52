"""Elements with scripts of their own: what must happen in the browser."""
