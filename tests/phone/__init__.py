"""Calls to telephones that others wrote, on this machine."""
