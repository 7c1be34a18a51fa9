"""What the service derives from its key ring, made again for rows that it did not write itself."""

import base64
import hmac
import json


class Keys:
    """The MACs of one demo's current key (KeyRing.swift)."""

    def __init__(self, demo):
        ring = json.loads(demo.install["keys"])
        root = base64.b64decode(ring["keys"][ring["current"]])
        # HKDF-SHA-256 without a salt, one block (RFC 5869).
        self.extracted = hmac.digest(bytes(32), root, "sha256")

    def mac(self, purpose, *fields):
        key = hmac.digest(self.extracted, f"practice-auth mac {purpose}\x01".encode(), "sha256")
        message = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
        return hmac.digest(key, message, "sha256")

    def code_hash(self, login, digits):
        """What is kept of a login's code (Code.swift)."""
        return self.mac("code", str(login).upper().encode(), digits.encode())

    def refresh_secret(self, session):
        return self.mac("refresh", b"first", str(session).upper().encode())

    def refresh_token(self, session):
        """The first refresh token of a session (RefreshToken.swift)."""
        secret = self.refresh_secret(session)
        check = self.mac("refresh", b"check", session.bytes, secret)[:16]
        text = base64.urlsafe_b64encode(session.bytes + secret + check).decode()
        return "par_" + text.rstrip("=")
