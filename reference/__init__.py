"""Independent implementations of the protocols that Assay judges."""
