"""Starts, finds again and ends everything that Sluice runs on one machine; the harness of the integration tests too."""
