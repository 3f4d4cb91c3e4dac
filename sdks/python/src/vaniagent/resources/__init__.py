"""What a client can do, one file for each resource. `vaniagent.async_resources` is made from these."""
