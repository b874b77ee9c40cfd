"""One round of synchronization: unsent edits are pushed, changes are pulled. Called by
atom.py; storage.py keeps what it learns, http.py speaks to the server."""

import json
import secrets
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Set

from pocketbook.http import Connection, Refused, Unavailable
from pocketbook.storage import Edit, Storage

#: merge(base, mine, theirs) -> the value to write, or None for what the server has.
Merge = Callable[[Any, Any, Any], Any]

#: Edits and bytes of one push; the server's default limit is 1 MiB.
_PUSH_EDITS = 500
_PUSH_BYTES = 512 * 1024


def text_of(value: Any) -> str:
    """JSON, or a TypeError or ValueError that says what cannot be a document."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def new_op() -> str:
    return secrets.token_hex(10)


def _same(one: Optional[str], other: Optional[str]) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or json.loads(one) == json.loads(other)


def _value(text: Optional[str]) -> Any:
    return None if text is None else json.loads(text)


class Round:
    """`lock` guards the storage; it is not held while the server is waited for.
    `changed` is called, with the lock held, with the ids whose documents may differ."""

    def __init__(self, storage: Storage, connection: Connection, group: str, merge: Optional[Merge],
                 lock: threading.RLock, changed: Callable[[Set[str]], None]):
        self._storage = storage
        self._connection = connection
        self._group = group
        self._merge = merge
        self._lock = lock
        self._changed = changed

    def run(self) -> None:
        """Raises what http.py raises; what was done until then stays done."""
        self._push_all()
        self._pull_all()

    # ---- Push ----

    def _push_all(self) -> None:
        while True:
            batch = self._take()
            if not batch:
                return
            try:
                self._push(batch)
            except Refused as refused:
                self._refused(batch, refused)

    def _take(self) -> List[Edit]:
        """The edits of the next push. They are marked as sent first: whether they were
        written is unknown until they are answered, and they must stay as they are."""
        with self._lock, self._storage:
            batch: List[Edit] = []
            size = 0
            for edit in self._storage.edits():
                if edit.refused is not None:
                    continue
                size += len(edit.value or "") * 3 + len(edit.id) * 3 + 100
                if batch and (len(batch) == _PUSH_EDITS or size > _PUSH_BYTES):
                    break
                batch.append(edit)
            for edit in batch:
                if not edit.sent:
                    self._storage.put_edit(edit._replace(sent=True))
            return batch

    def _push(self, batch: List[Edit]) -> None:
        results = self._connection.push([_wire(edit) for edit in batch])
        with self._lock, self._storage:
            for edit, result in zip(batch, results):
                if not isinstance(result, dict) or result.get("id") != edit.id:
                    raise Unavailable("the results do not fit the push")
                self._settle(edit, result)
            self._changed({edit.id for edit in batch})

    def _refused(self, batch: List[Edit], refused: Refused) -> None:
        """The server rejects a push as a whole: each edit alone then, and what is
        refused alone is set aside."""
        if len(batch) == 1:
            with self._lock, self._storage:
                now = self._storage.edit(batch[0].id)
                if now is not None and now.op == batch[0].op:
                    self._storage.put_edit(now._replace(refused=str(refused), sent=False))
            return
        for edit in batch:
            try:
                self._push([edit])
            except Refused as alone:
                self._refused([edit], alone)

    def _settle(self, sent: Edit, result: Dict[str, Any]) -> None:
        edit = self._storage.edit(sent.id)
        if edit is None or edit.op != sent.op:
            return  # answered by an earlier push already
        status, version = result.get("status"), int(result.get("version") or 0)
        self._storage.drop_edit(edit.id)
        if status == "ok":
            self._storage.put_doc(edit.id, version, edit.value)
            if edit.later:
                self._write(edit.id, version, edit.value, edit.next)
        elif result.get("damaged") is True:
            self._write(edit.id, version, edit.was, edit.latest)  # it replaces what cannot be read
        elif status == "conflict":
            theirs = None if result.get("deleted") is True else text_of(result.get("value"))
            self._storage.put_doc(edit.id, version, theirs)
            self._conflict(edit, version, theirs)
        else:
            raise Unavailable(f"an unknown result: {status}")

    def _conflict(self, edit: Edit, version: int, theirs: Optional[str]) -> None:
        mine = edit.latest
        if _same(mine, theirs):
            return
        if self._merge is not None and mine is not None and theirs is not None:
            merged = self._merge(_value(edit.was), _value(mine), _value(theirs))
            text = theirs if merged is None else text_of(merged)
            if not _same(text, theirs):
                self._write(edit.id, version, theirs, text)
            return
        self._storage.put_conflict(edit.id, mine, theirs, time.time())

    def _write(self, id: str, base: int, was: Optional[str], value: Optional[str]) -> None:
        self._storage.put_edit(Edit(id, new_op(), base, was, value))

    # ---- Pull ----

    def _pull_all(self) -> None:
        with self._lock:
            since = self._storage.meta("cursor")
        snapshot: Optional[Set[str]] = None
        while True:
            page = self._connection.pull(self._group, since)
            with self._lock, self._storage:
                if page.get("reset") is True and snapshot is None:
                    snapshot = set()
                changed = {self._take_doc(doc) for doc in page.get("docs", [])}
                since = page["cursor"]
                if snapshot is not None:
                    snapshot |= changed
                # The cursor of an unfinished snapshot is not kept: what it has had
                # so far would be forgotten.
                if page.get("more") is not True and snapshot is not None:
                    self._storage.keep_only(snapshot)
                    changed = set()  # all
                if page.get("more") is not True or snapshot is None:
                    self._storage.set_meta("cursor", since)
                self._changed(changed)
            if page.get("more") is not True:
                return

    def _take_doc(self, doc: Dict[str, Any]) -> str:
        id, version = str(doc["id"]), int(doc["version"])
        known, value = self._storage.doc(id)
        if doc.get("damaged") is True:
            self._storage.put_doc(id, version, value, damaged=True)
        else:
            self._storage.put_doc(id, version, None if doc.get("deleted") is True else text_of(doc.get("value")))
        return id


def _wire(edit: Edit) -> Dict[str, Any]:
    wire: Dict[str, Any] = {"id": edit.id, "base": edit.base, "op": edit.op}
    if edit.value is None:
        wire["deleted"] = True
    else:
        wire["value"] = json.loads(edit.value)
    return wire
