"""The way in: listens to the HIS, turns what it hears into one vocabulary of events, lets no identity pass."""
