"""kamailio in front of the gateways: its configuration, what it knows of phone lines, and telling it that they changed."""
