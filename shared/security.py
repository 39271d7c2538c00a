"""Passwords and tokens."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from shared.errors import Unauthorized
from shared.settings import settings

ALGORITHM = "HS256"


@dataclass(frozen=True)
class Claims:
    """What a token says: whose it is, and which version of their tokens it belongs to."""

    user_id: int
    version: int = 0


def _pepper() -> bytes:
    pepper = settings().password_pepper
    if pepper is None:
        raise RuntimeError("PASSWORD_PEPPER is not set")
    return pepper.encode()


def keyed(purpose: str, text: str) -> bytes:
    """32 bytes that only those who have the pepper can derive from a text. Each purpose has bytes of its own."""
    return hmac.digest(_pepper(), f"{purpose}:{text}".encode(), hashlib.sha256)


def _peppered(password: str) -> bytes:
    """64 ASCII bytes that stand for a password of any length.

    bcrypt refuses more than 72 bytes and stops at NUL; OWASP's Password Storage Cheat Sheet (bcrypt, pre-hashing)
    gives this construction: base64 of an HMAC-SHA-384 under a pepper.
    """
    digest = hmac.digest(_pepper(), password.encode("utf-8", "surrogatepass"), hashlib.sha384)
    return base64.b64encode(digest)


def hash_password(password: str) -> str:
    import bcrypt  # Only auth hashes; the other functions start without it.

    return bcrypt.hashpw(_peppered(password), bcrypt.gensalt(settings().bcrypt_cost)).decode()


def _dummy_hash() -> str:
    """A hash that belongs to no password: a salt and a digest of zeros, at the price of a real one."""
    return f"$2b${settings().bcrypt_cost:02d}${'.' * 53}"


def verify_password(password: str, hashed: str | None) -> bool:
    """True if the password is right. Takes as long when there is no hash to compare with."""
    import bcrypt

    matches = bcrypt.checkpw(_peppered(password), (hashed or _dummy_hash()).encode())
    return matches and hashed is not None


def issue_token(user_id: int, version: int = 0) -> str:
    """A signed token for a user, valid from now for the configured lifetime.

    Args:
        user_id: Whose it is.
        version: The user's ``token_version`` as it was read to let them in.
    """
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(seconds=settings().jwt_lifetime_seconds)}
    claims |= {"ver": version} if version else {}
    return jwt.encode(claims, settings().jwt_keys[0], ALGORITHM)


def read_token(token: str) -> Claims:
    """What a token says.

    Raises:
        Unauthorized: Signature, algorithm, type, expiry, version or subject is wrong under every configured key.
    """
    for key in settings().jwt_keys:
        try:
            decoded = jwt.decode_complete(
                token,
                key,
                algorithms=[ALGORITHM],
                options={"require": ["sub", "iat", "exp"], "enforce_minimum_key_length": True},
            )
        except jwt.InvalidSignatureError:
            continue  # Perhaps an older key's.
        except (jwt.InvalidTokenError, ValueError, TypeError):
            break
        subject, version = decoded["payload"]["sub"], decoded["payload"].get("ver", 0)
        if str(decoded["header"].get("typ", "JWT")).upper() != "JWT":
            break
        if subject.isascii() and subject.isdigit() and len(subject) <= 16 and type(version) is int:
            return Claims(int(subject), version)
        break
    raise Unauthorized


def same_secret(given: str | None, expected: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest((given or "").encode("utf-8", "surrogatepass"), expected.encode())
