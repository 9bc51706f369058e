"""What is judged: how it is named, started, driven and stopped."""
