"""Golden vectors: files, lint, edit, verify."""
