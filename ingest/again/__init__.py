"""What was read is read again: dead letters, and a mended mapping over the raw log."""
