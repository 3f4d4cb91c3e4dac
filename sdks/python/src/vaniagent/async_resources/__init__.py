"""Made by scripts/make_async.py from `vaniagent.resources`: what `AsyncVaniAgent` can do."""
