"""The three requests of the sync protocol (doc/protocol.md). Called by sync.py."""

import json
from typing import Any, Dict, Iterator, List, Optional, Tuple

import httpx


class PocketbookError(Exception):
    """Something that keeps the atom from being in sync. `code` is the protocol's, or
    `offline`."""

    code = "offline"

    def __init__(self, message: str, code: Optional[str] = None, wait: Optional[float] = None):
        super().__init__(message)
        self.code = code or self.code
        self.wait = wait  # seconds that the server asks for (Retry-After)


class Unavailable(PocketbookError):
    """The server cannot be reached, or asks to be asked later. Nothing is lost."""


class Unauthorized(PocketbookError):
    """The token is not valid, or none was given and one is needed."""

    code = "unauthorized"


class Refused(PocketbookError):
    """The server will not take this request, however often it is sent."""

    code = "bad-request"


#: Beside 5xx: the same request may succeed later.
_LATER = {408, 425, 429}


def _error_of(response: httpx.Response) -> PocketbookError:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    text = str(problem.get("detail") or f"the server answered {response.status_code}")
    code = problem.get("code")
    if response.status_code == 401:
        return Unauthorized(text, code)
    if response.status_code >= 500 or response.status_code in _LATER:
        wait = response.headers.get("retry-after", "")
        return Unavailable(text, code or "unavailable", float(wait) if wait.isdigit() else None)
    return Refused(text, code)


class Connection:
    """Requests to one server. The methods raise PocketbookError. A lock is not needed:
    httpx clients may be shared by threads."""

    def __init__(self, url: str, token: Optional[str], timeout: float):
        # A redirect would carry the token elsewhere: an error instead.
        self._client = httpx.Client(base_url=url if url.endswith("/") else url + "/", timeout=timeout)
        self.token = token

    def close(self) -> None:
        self._client.close()

    def _headers(self) -> Dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _send(self, method: str, **kwargs: Any) -> Dict[str, Any]:
        try:
            response = self._client.request(method, "sync", headers={**self._headers(), "Accept": "application/json"}, **kwargs)
            if response.status_code != 200:
                raise _error_of(response)
            answer = response.json()
        except httpx.HTTPError as error:
            raise Unavailable(f"the server cannot be reached: {error}") from error
        except ValueError as error:
            raise Unavailable("the answer is not JSON: is this a Pocketbook server?") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("cursor"), str):
            raise Unavailable("the answer has no cursor: is this a Pocketbook server?")
        return answer

    def pull(self, group: str, since: Optional[str]) -> Dict[str, Any]:
        """A page: {docs, cursor, more, reset}."""
        return self._send("GET", params={"group": group, **({"since": since} if since else {})})

    def push(self, edits: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """One result for each edit, in their order."""
        results = self._send("POST", json={"docs": edits}).get("results")
        if not isinstance(results, list) or len(results) != len(edits):
            raise Unavailable("the answer does not fit the push")
        return results

    def follow(self, group: str, since: Optional[str], silence: float) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """The events of a stream, each (name, data), until the stream ends. `silence`:
        seconds without a byte after which the connection counts as dead."""
        params = {"group": group, **({"since": since} if since else {})}
        timeout = httpx.Timeout(silence, connect=10.0)
        try:
            with self._client.stream("GET", "events", params=params, headers=self._headers(), timeout=timeout) as response:
                if response.status_code != 200:
                    response.read()
                    raise _error_of(response)
                yield from parse_events(response.iter_lines())
        except httpx.HTTPError as error:
            raise Unavailable(f"the stream broke: {error}") from error


def parse_events(lines: Iterator[str]) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Events of a text/event-stream (HTML Standard, 9.2.6) whose data are JSON objects;
    others are passed over."""
    name, data = "", []  # type: Tuple[str, List[str]]
    for raw in lines:
        line = raw.rstrip("\r\n")
        if line:
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            continue
        if data:
            try:
                parsed = json.loads("\n".join(data))
            except ValueError:
                parsed = None
            if isinstance(parsed, dict):
                yield name or "message", parsed
        name, data = "", []
