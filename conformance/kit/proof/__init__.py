"""Proof that checks can fail, and that drivers are honest."""
