"""What scenarios are written with: a running stack, the command line of a tenant, Kafka clients, faults."""
