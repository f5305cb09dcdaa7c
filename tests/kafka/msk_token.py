"""Tokens for MSK's IAM listener, signed here: the reference that shares no code with lib/aws.

A token is a presigned URL (AWS IAM User Guide, "Signature Version 4 for API requests", in the query), as base64url.
"""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from urllib.parse import quote

REGION = "eu-central-1"


@dataclass(frozen=True)
class Identity:
    """What a token is signed with, and whom a broker takes its bearer for."""

    key_id: str
    secret: str
    session_token: str = ""
    principal: str = ""

    def environment(self) -> dict[str, str]:
        """As programs find it in their environment."""
        words = {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret}
        return words | ({"AWS_SESSION_TOKEN": self.session_token} if self.session_token else {})


@dataclass(frozen=True)
class Order:
    """What a token is made for; every field is there to be made wrong by a test."""

    region: str = REGION
    host: str = f"kafka.{REGION}.amazonaws.com"
    at: float | None = None  # Seconds since 1970; now, if nothing is told.
    lifetime_s: int = 900
    more: dict[str, str] = field(default_factory=dict)  # Signed parameters, instead of those or beside them.


def presign(identity: Identity, order: Order) -> str:
    """The URL that a token holds."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(order.at))
    scope = [stamp[:8], order.region, "kafka-cluster", "aws4_request"]
    query = {"Action": "kafka-cluster:Connect", "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
             "X-Amz-Credential": "/".join([identity.key_id, *scope]), "X-Amz-Date": stamp,
             "X-Amz-Expires": str(order.lifetime_s), "X-Amz-SignedHeaders": "host"}
    if identity.session_token:
        query["X-Amz-Security-Token"] = identity.session_token
    query |= order.more
    canonical = "&".join(f"{quote(name, '')}={quote(value, '')}" for name, value in sorted(query.items()))
    request = f"GET\n/\n{canonical}\nhost:{order.host}\n\nhost\n{hashlib.sha256(b'').hexdigest()}"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{identity.secret}".encode()
    for part in [*scope, "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), hashed])]:
        key = hmac.digest(key, part.encode(), "sha256")
    return f"https://{order.host}/?{canonical}&X-Amz-Signature={key.hex()}"


def token(identity: Identity, order: Order = Order(), user_agent: str = "odograph-tests/1") -> str:
    return encode(f"{presign(identity, order)}&User-Agent={quote(user_agent, '')}")


def encode(url: str) -> str:
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
