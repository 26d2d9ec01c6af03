"""What the FHIR connector is made of: a client that asks a server, a door for what is sent, a reader of bulk files."""
