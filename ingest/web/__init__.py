"""What connectors share that others send to over HTTP: who may speak, how much at once, and what they are answered."""
