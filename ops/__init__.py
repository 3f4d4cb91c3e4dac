from __future__ import annotations

import os

# ONNX Runtime reports its use to its maker, and keeps files in HOME for that, unless told so before it is imported.
# Here, because every process of ours comes by: Django's through its settings, the others through their parent.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
