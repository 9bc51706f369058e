"""Connections on which every byte is recorded."""
