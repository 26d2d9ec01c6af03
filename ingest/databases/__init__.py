"""Databases of a HIS, asked gently: what is asked, of whom, how much of it, and how it went."""
