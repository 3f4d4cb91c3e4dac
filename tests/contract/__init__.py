"""The published contract, a file a section. Most of its lines are held by the tests beside the code; here are those that
every route keeps, and those that no single app can show."""

from __future__ import annotations
