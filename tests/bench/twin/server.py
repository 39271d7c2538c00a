"""Five calls of the API as an ordinary server answers them: FastAPI, SQLAlchemy, PostgreSQL.

Written as FastAPI's and SQLAlchemy's own guides do it, and lean: a pool of connections, one query for each question,
the same models of what goes in and out. It has neither this project's idempotency nor its logs. It runs in an
environment of its own (requirements.txt beside it); ``python -m tests.bench.twin.server N`` fills its database with N
listings.
"""

import json
import os
import random
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import ForeignKey, Index, Numeric, create_engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.enums import Action
from shared.models.auth import UserRead
from shared.models.base import Status
from shared.models.feed import FeedAction
from shared.models.listings import ListingRead, ListingWrite

KEY = os.environ["JWT_KEYS"]
CITIES = ("Astana", "Almaty", "Shymkent", "Karaganda", "Aktobe")
engine = create_engine(os.environ["TWIN_DATABASE"], pool_size=16)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None] = mapped_column(unique=True)
    telegram_id: Mapped[str | None] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Preferences(Base):
    __tablename__ = "preferences"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    city: Mapped[str | None]
    deal_type: Mapped[str | None]
    property_type: Mapped[str | None]
    price_min: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    price_max: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))


class Listing(Base):
    __tablename__ = "listings"
    __table_args__ = (Index("newest", "is_active", "created_at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    city: Mapped[str]
    deal_type: Mapped[str]
    property_type: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    is_active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Swipe(Base):
    __tablename__ = "swipes"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    action: Mapped[str]
    source: Mapped[str]
    acted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Lead(Base):
    __tablename__ = "leads"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(default="new")


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
TokenDep = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def get_current_user(session: SessionDep, token: TokenDep) -> User:
    try:
        claims = jwt.decode(token.credentials, KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Could not validate credentials") from error
    user = session.get(User, int(claims["sub"]))
    if user is None or not user.is_active:
        raise HTTPException(401, "Could not validate credentials")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
app = FastAPI()


@app.get("/auth/me")
def me(user: CurrentUser) -> UserRead:
    return UserRead.model_validate(user, from_attributes=True)


@app.get("/listings/{listing_id}")
def get_listing(session: SessionDep, listing_id: int) -> ListingRead:
    return _read(_active(session, listing_id))


@app.post("/listings")
def create_listing(session: SessionDep, user: CurrentUser, body: ListingWrite) -> ListingRead:
    listing = Listing(owner_id=user.id, **body.model_dump(include=set(ListingRead.model_fields)))
    session.add(listing)
    session.commit()
    session.refresh(listing)
    return _read(listing)


@app.get("/feed/next")
def get_next(session: SessionDep, user: CurrentUser) -> ListingRead | None:
    query = select(Listing).where(Listing.is_active, Listing.owner_id != user.id)
    if (wanted := session.get(Preferences, user.id)) is not None:
        for name in ("city", "deal_type", "property_type"):
            if (value := getattr(wanted, name)) is not None:
                query = query.where(getattr(Listing, name) == value)
        if wanted.price_min is not None:
            query = query.where(Listing.price >= wanted.price_min)
        if wanted.price_max is not None:
            query = query.where(Listing.price <= wanted.price_max)
    seen = select(Swipe.listing_id).where(Swipe.user_id == user.id, Swipe.listing_id == Listing.id)
    query = query.where(~seen.exists()).order_by(Listing.created_at.desc(), Listing.id.desc())
    listing = session.scalars(query.limit(1)).first()
    return listing and _read(listing)


@app.post("/feed/action")
def act(session: SessionDep, user: CurrentUser, body: FeedAction) -> Status:
    listing = _active(session, body.listing_id)
    if listing.owner_id == user.id:
        raise HTTPException(400, "You cannot act on your own listing")
    values = {"action": body.action.value, "source": body.source}
    swipe = insert(Swipe).values(user_id=user.id, listing_id=listing.id, **values)
    session.execute(swipe.on_conflict_do_update(index_elements=["user_id", "listing_id"], set_=values))
    if body.action is Action.LIKE:
        lead = insert(Lead).values(tenant_id=user.id, listing_id=listing.id, owner_id=listing.owner_id, status="new")
        session.execute(lead.on_conflict_do_nothing())
    session.commit()
    return Status()


def _active(session: Session, listing_id: int) -> Listing:
    listing = session.get(Listing, listing_id)
    if listing is None or not listing.is_active:
        raise HTTPException(404, "Listing not found")
    return listing


def _read(listing: Listing) -> ListingRead:
    return ListingRead.model_validate(listing, from_attributes=True)


def fill(count: int) -> dict[str, object]:
    """Makes the tables, an owner, a tenant and listings.

    Returns:
        The ids of the owner, of the tenant, and of the listings, the newest first.
    """
    Base.metadata.create_all(engine)
    dice = random.Random(1)
    with Session(engine) as session:
        owner = User(role="landlord", name="Landlord", email="owner@example.kz")
        tenant = User(role="tenant", name="Tenant", email="tenant@example.kz")
        session.add_all([owner, tenant])
        session.flush()
        listings = [
            Listing(
                owner_id=owner.id,
                title=f"{dice.randint(1, 5)}-комнатная квартира",
                city=dice.choice(CITIES),
                deal_type="rent",
                property_type="flat",
                price=Decimal(dice.randint(50_000, 1_000_000)),
                is_active=True,
            )
            for _ in range(count)
        ]
        session.add_all(listings)
        session.commit()
        return {
            "owner": owner.id,
            "tenant": tenant.id,
            "listings": sorted((each.id for each in listings), reverse=True),
        }


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[1]))))
