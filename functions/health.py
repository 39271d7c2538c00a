"""Whether the service is alive."""

from functions.http import Group
from shared.models import Health
from shared.settings import settings

api = Group("health", "openapi.json", "docs")


@api.get("/health")
def health() -> Health:
    """Answer that the service is alive, and where it runs."""
    return Health(environment=settings().environment)
