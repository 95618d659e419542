"""Download: one file from the web, within limits of size, time and redirects. What it holds is not looked at here."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from flows.nouns import CannotRun
from flows.read.versions import Version

#: Answers that may be another one in a while: too early, too many requests, and errors of the server.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Limits:
    """What a download may take: bytes once unpacked, seconds, redirects, and how often it is tried.

    `timeout` is for each single answer and `seconds` for a whole download; `wait` is the first pause between two tries,
    each later one being twice as long, up to `longest_wait`.
    """

    bytes: int = 64 * 2**20
    timeout: float = 30.0
    seconds: float = 300.0
    redirects: int = 5
    attempts: int = 4
    wait: float = 2.0
    longest_wait: float = 60.0


@dataclass(frozen=True)
class Web:
    """The outside world as a refresh needs it: how to wait, a share of chance from 0 to 1, and a running clock."""

    sleep: Callable[[float], object]
    chance: Callable[[], float]
    clock: Callable[[], float]
    limits: Limits = Limits()


@dataclass(frozen=True)
class Download:
    """A file as it was found, and what the server said of it."""

    content: bytes
    location: str
    etag: str | None
    last_modified: str | None
    media_type: str | None


def download(client: httpx.Client, url: str, last: Version | None, web: Web) -> Download | None:
    """The file at `url`, or None where the server says that it is still the `last` one.

    What may pass is tried again. Raises CannotRun with the reason where the file cannot be had.
    """
    asked = _condition(url, last)
    attempt = 0
    while True:
        attempt += 1
        is_last = attempt >= web.limits.attempts
        try:
            with client.stream("GET", url, headers=asked) as response:
                if response.status_code not in _PASSING or is_last:
                    return _taken(response, asked, web)
                pause = _retry_after(response)
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise CannotRun(f"it leads nowhere that may be followed ({error})") from error
        except httpx.TransportError as error:
            if is_last:
                raise CannotRun(f"no whole answer came in {attempt} tries ({_told(error)})") from error
            pause = 0.0
        backoff = web.limits.wait * 2 ** (attempt - 1) * (0.5 + web.chance())
        web.sleep(min(max(backoff, pause), web.limits.longest_wait))


def _condition(url: str, last: Version | None) -> dict[str, str]:
    """Headers that ask for the file only if it is another one than the last."""
    if last is None or last.url != url:
        return {}
    asked = {"If-None-Match": last.etag, "If-Modified-Since": last.last_modified}
    return {name: value for name, value in asked.items() if value}


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _retry_after(response: httpx.Response) -> float:
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isascii() and told.isdigit() else 0.0


def _taken(response: httpx.Response, asked: Mapping[str, str], web: Web) -> Download | None:
    if response.status_code == httpx.codes.NOT_MODIFIED and asked:
        return None
    if response.status_code != httpx.codes.OK:
        raise CannotRun(f"the server answered {response.status_code} {response.reason_phrase}".rstrip())
    content = _unpacked(_body(response, web), response.headers.get("Content-Encoding", ""), web.limits.bytes)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    etag, last_modified = (response.headers.get(name) for name in ("ETag", "Last-Modified"))
    return Download(content, str(response.url), etag, last_modified, media_type or None)


def _body(response: httpx.Response, web: Web) -> bytes:
    """The bytes as they are sent, read no further than the limits."""
    limits, started, body = web.limits, web.clock(), bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > limits.bytes:
            raise _too_large(limits.bytes)
        if web.clock() - started > limits.seconds:
            raise CannotRun(f"it was still not complete after {limits.seconds:g} seconds, at {len(body):,} bytes")
    return bytes(body)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content encoding. We ask for none, but some servers send gzip all the same."""
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise CannotRun(f"it is sent packed as {encoding!r}, which was not asked for")
    unpacking = zlib.decompressobj(wbits=31)
    try:
        content = unpacking.decompress(body, limit + 1)
    except zlib.error as error:
        raise CannotRun(f"it cannot be unpacked ({error})") from error
    if len(content) > limit:
        raise _too_large(limit)
    if not unpacking.eof:
        raise CannotRun("it is cut off: its packed content does not come to an end")
    return content


def _too_large(limit: int) -> CannotRun:
    return CannotRun(f"it is larger than {limit:,} bytes")
