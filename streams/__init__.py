"""The live side: one Faust fold turns events into journeys, stage rows and the numbers on the wall."""
