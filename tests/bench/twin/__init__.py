"""The functions beside an ordinary server: FastAPI, SQLAlchemy and PostgreSQL. ``make bench-twin`` compares them."""
