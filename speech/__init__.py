# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech process: text in over HTTP, spoken audio out. A program of its own, because piper is under the GPL."""

from __future__ import annotations

import os

# ONNX Runtime's wheels report their use to their maker unless told not to, before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
