"""A provider of OpenID Connect on 127.0.0.1, for the tests: strict, as providers are.

Discovery, the code flow with PKCE and the end of a session, as in
https://openid.net/specs/openid-connect-core-1_0.html, section 3.1, and RFC 7636. It asks for no
password: its page has a button for each person it knows.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from demo.standin import StandIn

CLIENT, SECRET = "understudy", "a secret between the two"
_CODE_LASTS_S = 60


@dataclass(frozen=True, slots=True)
class _Granted:
    """What a code stands for."""

    person: str
    asked: dict[str, str]
    at: float


@dataclass(eq=False)
class Provider:
    """Who can sign in, as whom, and what was asked.

    ``people`` are their claims by name; ``age_s`` says how long ago one of them signed in at the
    provider, which is now where it says nothing.
    """

    people: dict[str, dict[str, Any]]
    age_s: dict[str, float] = field(default_factory=dict)
    redirect_uris: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    ended: int = 0

    def __post_init__(self) -> None:
        self._key = RSAKey.generate_key(2048, parameters={"kid": "1", "use": "sig"})
        self._codes: dict[str, _Granted] = {}
        routes = {
            "/.well-known/openid-configuration": self._discovery,
            "/authorize": self._authorize,
            "/jwks": self._jwks,
            "/end": self._end,
        }
        self._server = StandIn(
            Starlette(
                routes=[
                    *(Route(path, answer, methods=["GET"]) for path, answer in routes.items()),
                    Route("/token", self._token, methods=["POST"]),
                ]
            )
        )
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "end_session_endpoint": f"{self.url}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        fault = self._fault(asked)
        if fault:
            return HTMLResponse(f"invalid_request: {html.escape(fault)}", 400)
        who = asked.pop("as", None)
        if who is None:
            self.asked.append(asked)
            query = urlencode(asked)
            links = "".join(
                f'<p><a href="/authorize?{html.escape(query)}&amp;as={name}">{name}</a></p>'
                for name in self.people
            )
            return HTMLResponse(f"<h1>Who are you?</h1>{links}")
        code = secrets.token_urlsafe()
        self._codes[code] = _Granted(who, asked, time.time())
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    def _fault(self, asked: dict[str, str]) -> str:
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") not in self.redirect_uris:
            return "unknown client or redirect_uri"
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "only the code flow with scope openid"
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return "PKCE is required"
        if not asked.get("state") or not asked.get("nonce"):
            return "state and nonce are required"
        return ""

    async def _token(self, request: Request) -> Response:
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, 401)
        form = {key: str(value) for key, value in (await request.form()).items()}
        # a code serves once
        granted = self._codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            granted is None
            or time.time() - granted.at > _CODE_LASTS_S
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != granted.asked["redirect_uri"]
            or challenge != granted.asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": granted.person,
            "iat": now,
            "exp": now + 300,
            "auth_time": now - int(self.age_s.get(granted.person, 0)),
            "nonce": granted.asked["nonce"],
            **self.people[granted.person],
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(),
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": token,
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def _end(self, request: Request) -> Response:
        asked = request.query_params
        if (
            asked.get("client_id") != CLIENT
            or asked.get("post_logout_redirect_uri") not in self.redirect_uris
            or not asked.get("id_token_hint")
        ):
            return HTMLResponse("invalid_request", 400)
        self.ended += 1
        return RedirectResponse(asked["post_logout_redirect_uri"], 302)
