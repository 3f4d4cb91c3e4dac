# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech process: text in over HTTP, spoken audio out. A program of its own, because piper is under the GPL."""

from __future__ import annotations
