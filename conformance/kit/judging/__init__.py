"""What a suite declares, and what is said about a transcript."""
