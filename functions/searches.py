"""Saved searches: what the caller is told of when a listing begins to match."""

from shared.data import searches
from shared.data.pages import Page
from shared.data.users import User
from shared.models.base import Status
from shared.models.pages import PageParams
from shared.models.searches import SearchRead, SearchWrite
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("searches", __doc__)


@api.get("/searches")
def list_searches(user: User, query: PageParams) -> Page[SearchRead]:
    """List the caller's searches, newest first."""
    return searches.list_by_user(user.id, query)


@api.post("/searches", errors=(409,))
def create_search(user: User, body: SearchWrite) -> SearchRead:
    """Save a search. Everybody can have 20."""
    return searches.create(user.id, body)


@api.put("/searches/{search_id}", errors=(404,))
def replace_search(caller: Caller, search_id: int, body: SearchWrite) -> SearchRead:
    """Replace a search of the caller's."""
    return searches.replace(search_id, caller.load().id, body)


@api.delete("/searches/{search_id}")
def delete_search(caller: Caller, search_id: int) -> Status:
    """Remove a search of the caller's. Repeating it is harmless."""
    searches.remove(search_id, caller.load().id)
    return Status()
