"""The mapping workbench: what a sample holds that a site file does not map, and a first site file from a sample."""
