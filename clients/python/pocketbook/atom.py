"""The synced atom: what an application holds. Built on sync.py (a round), storage.py
(what is kept) and http.py (the requests)."""

import json
import random
import threading
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Set

from pocketbook.http import Connection, PocketbookError, Refused, Unavailable
from pocketbook.storage import Edit, Storage
from pocketbook.sync import Merge, Round, new_op, text_of

#: Seconds without a byte after which a stream counts as dead: the server sends one each 15.
_SILENCE = 40.0
_PAUSE_MIN, _PAUSE_MAX = 0.5, 30.0


class Conflict(NamedTuple):
    """A write of this atom that another one's took the place of. The values are None
    where the document was deleted."""

    key: int
    id: str
    mine: Any
    theirs: Any
    at: float


Watch = Callable[[Mapping[str, Any], Set[str]], None]


class SyncedAtom:
    """The documents of one group, as a mapping from ids to values.

    Every write is in the storage when the method returns, and is pushed later: by the
    background threads after `start()`, or by `sync()`. All methods may be called from
    any thread.

    url      the server, such as "http://127.0.0.1:8080"
    group    the group; ids begin with it and a colon
    token    None for a server without authentication
    path     where the documents are kept; ":memory:" forgets them at the end
    merge    merge(base, mine, theirs), for two writes of one document: returns the
             value to write, or None to take the server's. Without it the server's is
             taken, and `conflicts` has mine
    timeout  seconds for a request
    """

    def __init__(self, url: str, group: str, *, token: Optional[str] = None, path: str = ":memory:",
                 merge: Optional[Merge] = None, timeout: float = 30.0):
        if not group or group.endswith(":"):
            raise ValueError("group: must not be empty or end in a colon")
        self.group = group
        self._storage = Storage(path)
        self._storage.bind("group", group)
        self._lock = threading.RLock()
        self._rounds = threading.Lock()
        self._connection = Connection(url, token, timeout)
        self._round = Round(self._storage, self._connection, group, merge, self._lock, self._on_changed)
        self._watches: Dict[object, Watch] = {}
        self._docs: Dict[str, Any] = {}
        self._refresh()
        self._due = threading.Event()
        self._ended = threading.Event()
        self._threads: List[threading.Thread] = []
        self.last_error: Optional[PocketbookError] = None

    # ---- Reading ----

    def deref(self) -> Mapping[str, Any]:
        """The documents as they are now. The mapping does not change any more."""
        return MappingProxyType(self._docs)

    @property
    def pending(self) -> int:
        """Writes that the server has not confirmed, and has not refused."""
        with self._lock:
            return sum(edit.refused is None for edit in self._storage.edits())

    @property
    def rejected(self) -> Dict[str, str]:
        """Ids of writes that the server refuses, each with the reason; `retry` or
        `discard` them."""
        with self._lock:
            return {edit.id: edit.refused for edit in self._storage.edits() if edit.refused is not None}

    @property
    def conflicts(self) -> List[Conflict]:
        with self._lock:
            rows = self._storage.conflicts()
        return [Conflict(key, id, _parsed(mine), _parsed(theirs), at) for key, id, mine, theirs, at in rows]

    @property
    def damaged(self) -> List[str]:
        """Ids of documents that the server cannot read; the copies here are older. A
        write replaces them."""
        with self._lock:
            return self._storage.damaged()

    def watch(self, f: Watch) -> Callable[[], None]:
        """Calls f(docs, ids) after each change, in the thread that made it; returns a
        function that ends it."""
        key = object()
        self._watches[key] = f
        return lambda: self._watches.pop(key, None) and None

    # ---- Writing ----

    def set(self, id: str, value: Any) -> None:
        """TypeError, ValueError: the value cannot be JSON, or the id is not of the
        group; nothing was changed then."""
        self.swap(lambda docs: {**docs, id: value})

    def delete(self, id: str) -> None:
        self.swap(lambda docs: {key: value for key, value in docs.items() if key != id})

    def swap(self, f: Callable[..., Mapping[str, Any]], *args: Any) -> Mapping[str, Any]:
        """Sets the documents to f(docs, *args) and returns them. `f` gets a copy, may
        change it, and returns a mapping; each document that differs is a write."""
        with self._lock:
            before = self._docs
            after = f(dict(before), *args)
            gone = [id for id in before if id not in after]
            texts = {id: text_of(value) for id, value in after.items() if id not in before or before[id] != value}
            for id in texts:
                if not id.startswith(self.group + ":") or len(id) == len(self.group) + 1:
                    raise ValueError(f"{id!r} is no id of the group {self.group}")
            with self._storage:
                for id, text in texts.items():
                    self._write(id, text)
                for id in gone:
                    self._write(id, None)
                self._on_changed(set(texts) | set(gone))
        self._due.set()
        return self.deref()

    def _write(self, id: str, text: Optional[str]) -> None:
        edit = self._storage.edit(id)
        if edit is not None and edit.sent:
            self._storage.put_edit(edit._replace(later=True, next=text))
        elif edit is not None:
            self._storage.put_edit(edit._replace(op=new_op(), value=text, refused=None))
        else:
            version, value = self._storage.doc(id)
            self._storage.put_edit(Edit(id, new_op(), version, value, text))

    def retry(self, id: str) -> None:
        """Pushes a rejected write again."""
        with self._lock, self._storage:
            edit = self._storage.edit(id)
            if edit is not None and edit.refused is not None:
                self._storage.put_edit(edit._replace(refused=None))
        self._due.set()

    def discard(self, id: str) -> None:
        """Forgets a rejected write; the document is the server's again."""
        with self._lock, self._storage:
            edit = self._storage.edit(id)
            if edit is not None and edit.refused is not None:
                self._storage.drop_edit(id)
                self._on_changed({id})

    def restore(self, key: int) -> None:
        """Writes the value of a conflict that was mine."""
        for conflict in self.conflicts:
            if conflict.key == key:
                self.delete(conflict.id) if conflict.mine is None else self.set(conflict.id, conflict.mine)
        self.dismiss(key)

    def dismiss(self, key: int) -> None:
        """Forgets a conflict."""
        with self._lock:
            self._storage.drop_conflict(key)

    # ---- Synchronization ----

    def set_token(self, token: Optional[str]) -> None:
        self._connection.token = token
        self._due.set()

    def sync(self) -> None:
        """Pushes what is unsent and pulls what is new, now. Raises Unavailable (try
        again later), Unauthorized or Refused; nothing is lost."""
        with self._rounds:
            try:
                self._round.run()
                self.last_error = None
            except PocketbookError as error:
                self.last_error = error
                raise

    def start(self) -> "SyncedAtom":
        """Synchronizes in the background until `close()`: at each write, and at each
        change on the server."""
        if not self._threads:
            for name, run in (("sync", self._keep_in_sync), ("stream", self._follow)):
                thread = threading.Thread(target=run, name=f"pocketbook-{name}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return self

    def close(self) -> None:
        """Ends the background threads and closes the storage. Unsent writes stay in
        it."""
        self._ended.set()
        self._due.set()
        self._connection.close()
        for thread in self._threads:
            thread.join(timeout=5)
        with self._rounds, self._lock:
            self._storage.close()

    def __enter__(self) -> "SyncedAtom":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _keep_in_sync(self) -> None:
        self._due.set()
        pause = _PAUSE_MIN
        while self._due.wait() and not self._ended.is_set():
            self._due.clear()
            try:
                self.sync()
                pause = _PAUSE_MIN
            except Exception as error:  # the thread must outlive whatever a merge raises
                self._note(error)
                self._ended.wait(self._pause(error, pause))
                pause = min(pause * 2, _PAUSE_MAX)
                self._due.set()

    def _follow(self) -> None:
        pause = _PAUSE_MIN
        while not self._ended.is_set():
            try:
                with self._lock:
                    since = self._storage.meta("cursor")
                for name, data in self._connection.follow(self.group, since, _SILENCE):
                    pause = _PAUSE_MIN
                    if self._ended.is_set():
                        return
                    if name in ("connected", "change"):
                        self._due.set()
                error: Exception = Unavailable("the server closed the stream")
            except Exception as failed:
                error = failed
            self._ended.wait(self._pause(error, pause))
            pause = min(pause * 2, _PAUSE_MAX)

    def _note(self, error: Exception) -> None:
        if not self._ended.is_set():
            self.last_error = error if isinstance(error, PocketbookError) else Refused(str(error))

    @staticmethod
    def _pause(error: Exception, pause: float) -> float:
        asked = getattr(error, "wait", None) or 0.0
        return max(asked, pause * random.uniform(0.5, 1.0))

    # ---- What is shown ----

    def _refresh(self) -> None:
        docs = self._storage.docs()
        for edit in self._storage.edits():
            text = edit.latest
            if text is None:
                docs.pop(edit.id, None)
            else:
                docs[edit.id] = _parsed(text)
        self._docs = docs

    def _on_changed(self, ids: Set[str]) -> None:
        """With the lock held. No ids: anything may have changed."""
        before = self._docs
        self._refresh()
        after = self._docs
        candidates = ids or set(before) | set(after)
        differ = {id for id in candidates if before.get(id) != after.get(id) or (id in before) != (id in after)}
        if differ:
            for watch in list(self._watches.values()):
                watch(self.deref(), differ)


def _parsed(text: Optional[str]) -> Any:
    return None if text is None else json.loads(text)
