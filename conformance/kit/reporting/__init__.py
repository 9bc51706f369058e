"""What people and machines get to read."""
