"""Playing conversations and properties against a target."""
