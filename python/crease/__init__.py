"""Pictures of Crease runs: python3 -m crease.plot RUN_DIR."""
