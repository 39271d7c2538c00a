"""What every call costs, counted on the wire. ``python -m tests.bench`` measures all of it; see __main__.py."""
