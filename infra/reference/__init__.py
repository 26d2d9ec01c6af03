"""The reference: pages written from the code itself, so that they cannot say what is not there."""
