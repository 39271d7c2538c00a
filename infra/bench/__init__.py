"""What every call costs, counted on the wire. ``python -m infra.bench`` measures all of it; see __main__.py."""
