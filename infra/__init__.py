"""How HIS Pulse stands on a machine: the local stack, sites, deployment files and the rehearsal hospital."""
