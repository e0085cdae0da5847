"""One careful POST: a deadline, a few tries, no redirects, bounded answers, the key kept quiet."""

from __future__ import annotations

import email.utils
import http.client
import ipaddress
import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from fluxroom import __version__
from fluxroom.engines.eyes.reading import clean
from fluxroom.errors import EyeFailed, EyeUnusable

KEY_VARIABLE = "FLUXROOM_EYE_KEY"
TRIES = 4
LONGEST_WAIT = 30.0
"""Seconds that a server may ask us to wait before the next try; more than that is told to the user."""
MOST_BYTES = 1 << 20
BUSY = (429, 500, 502, 503, 504)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key and the photo to a server that nobody named."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Refused(Exception):
    """The server answered, and did not want the request."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go.

    timeout   seconds for one request with all its tries
    backoff   seconds before the second try; doubles each time
    key_variable   name of the environment variable that holds the key
    """

    url: SplitResult
    timeout: float
    backoff: float
    key_variable: str = KEY_VARIABLE

    @property
    def shown(self) -> str:
        """The address for messages, without anything that could be secret."""
        return f"{self.url.scheme}://{self.url.hostname}" + (f":{self.url.port}" if self.url.port else "")

    def post(self, data: dict[str, Any]) -> Any:
        """Send JSON, get JSON. Raises Refused for a 4xx, EyeFailed for everything that did not work out."""
        body = json.dumps(data).encode()
        headers = {"Content-Type": "application/json", "User-Agent": f"fluxroom/{__version__}"}
        key = self._key()
        if key:
            headers["Authorization"] = f"Bearer {key}"
        end = time.monotonic() + self.timeout
        wait = self.backoff
        for left in range(TRIES - 1, -1, -1):
            request = urllib.request.Request(urlunsplit(self.url), body, headers, method="POST")
            try:
                return self._once(request, end)
            except urllib.error.HTTPError as error:
                with error:
                    why = quiet(_reason(error, end), key)
                    asked = _retry_after(error)
                if error.code not in BUSY:
                    raise Refused(error.code, why) from None
                pause = max(wait, asked)
                if not left or pause > LONGEST_WAIT or time.monotonic() + pause > end:
                    later = f"; it asks to come back in {asked:.0f} s" if asked > LONGEST_WAIT else ""
                    raise EyeFailed(f"{self.shown} is busy or broken ({error.code} {why}){later}") from None
            except TimeoutError:
                raise EyeFailed(f"{self.shown} gave no answer within {self.timeout:g} s") from None
            except (OSError, http.client.HTTPException) as error:
                if isinstance(getattr(error, "reason", None), TimeoutError):
                    raise EyeFailed(f"{self.shown} gave no answer within {self.timeout:g} s") from None
                why = quiet(clean(str(getattr(error, "reason", error)), 120) or type(error).__name__, key)
                raise EyeFailed(f"{self.shown} cannot be reached: {why}") from None
            time.sleep(pause)
            wait *= 2
        raise AssertionError("the last try raises")

    def _once(self, request: urllib.request.Request, end: float) -> Any:
        handlers: list[Any] = [_NoRedirect]
        if is_loopback(self.url.hostname or ""):
            handlers.append(urllib.request.ProxyHandler({}))  # what stays on this machine goes through no proxy
        with urllib.request.build_opener(*handlers).open(request, timeout=max(0.01, end - time.monotonic())) as reply:
            raw = _read(reply, MOST_BYTES, end)
        if len(raw) > MOST_BYTES:
            raise EyeFailed(f"{self.shown} sent more than {MOST_BYTES >> 20} MiB; that is no answer to a question")
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise EyeFailed(f"{self.shown} sent no JSON; is it an OpenAI-compatible server?") from None

    def _key(self) -> str:
        """From the environment each time, so that no object carries it about."""
        key = os.environ.get(self.key_variable, "").strip()
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise EyeUnusable(f"{self.key_variable} holds characters that no key has; set it anew")
        if key and self.url.scheme != "https" and not is_loopback(self.url.hostname or ""):
            raise EyeUnusable(
                f"{self.shown} is not encrypted, so the key in {self.key_variable} could be read on the way;"
                " use https, or unset it"
            )
        return key


def server(url: str, timeout: float, backoff: float) -> Server:
    """A base address (https://host/v1) or the whole one (.../chat/completions)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise EyeUnusable("the endpoint's address is none; it looks like http://localhost:8000/v1") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not url.isprintable() or " " in url:
        raise EyeUnusable("the endpoint's address must be http(s), like http://localhost:8000/v1")
    if "@" in parts.netloc:
        raise EyeUnusable(f"the endpoint's address must not hold a name or password; put the key in {KEY_VARIABLE}")
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path += "/chat/completions"
    return Server(parts._replace(path=path, fragment=""), timeout, backoff)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def quiet(text: str, key: str) -> str:
    """A server's words without the key, which some of them repeat, whole or in part."""
    if not key:
        return text
    return " ".join("***" if len(w) >= 8 and (key in w or w.strip(".,:;\"'") in key) else w for w in text.split())


def _read(reply: IO[bytes], most: int, end: float) -> bytes:
    """Up to one byte more than `most`; a server that drips does not hold us beyond the deadline."""
    parts: list[bytes] = []
    size = 0
    read = getattr(reply, "read1", reply.read)
    while size <= most:
        if time.monotonic() > end:
            raise TimeoutError
        part = read(min(65536, most + 1 - size))
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _reason(error: urllib.error.HTTPError, end: float) -> str:
    """The server's own words, one line."""
    try:
        raw = _read(error, 65536, end)
        data = json.loads(raw)
        told = data.get("error", data) if isinstance(data, dict) else ""
        told = told.get("message", "") if isinstance(told, dict) else told
        return clean(str(told), 200) or str(error.reason)
    except (OSError, ValueError, RecursionError, http.client.HTTPException):
        return clean(str(error.reason), 80)


def _retry_after(error: urllib.error.HTTPError) -> float:
    """Seconds, from a number or a date; 0 if it does not say."""
    said = (error.headers.get("Retry-After") or "").strip()
    if said.isdigit() and len(said) < 9:
        return float(said)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
