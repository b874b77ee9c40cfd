"""What an atom keeps: documents, unsent edits, conflicts and the cursor, in one SQLite
database. Called by atom.py and sync.py, under the atom's lock."""

import json
import sqlite3
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

_SCHEMA = """
CREATE TABLE doc (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT, damaged INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE edit (
    id TEXT PRIMARY KEY, op TEXT NOT NULL, base INTEGER NOT NULL, was TEXT, value TEXT, sent INTEGER NOT NULL,
    later INTEGER NOT NULL, next TEXT, refused TEXT, place INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE conflict (key INTEGER PRIMARY KEY, id TEXT NOT NULL, mine TEXT, theirs TEXT, at REAL NOT NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


class Edit(NamedTuple):
    """A write that the server has not confirmed. `value`, `was` and `next` are JSON
    texts, None: deleted, or not there."""

    id: str
    op: str
    base: int
    was: Optional[str]
    value: Optional[str]
    sent: bool = False  # it may have been written: op and value must stay
    later: bool = False  # `next` was written here since
    next: Optional[str] = None
    refused: Optional[str] = None  # the server's reason

    @property
    def latest(self) -> Optional[str]:
        """What is to be seen here."""
        return self.next if self.later else self.value


_EDIT = ", ".join(Edit._fields)


def _edit(row: Tuple[Any, ...]) -> Edit:
    edit = Edit(*row)
    return edit._replace(sent=bool(edit.sent), later=bool(edit.later))


class Storage:
    """`path`: a file, or ":memory:". Each method is one transaction, unless it is called
    within `with storage:`, which makes one of all."""

    def __init__(self, path: str):
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._depth = 0
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript("BEGIN;" + _SCHEMA + "COMMIT;")
        elif version != 1:
            raise ValueError(f"{path}: made by a newer version of this library")

    def __enter__(self) -> "Storage":
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._db.execute("ROLLBACK" if kind else "COMMIT")

    def close(self) -> None:
        self._db.close()

    def bind(self, name: str, value: str) -> None:
        """Remembers what the file is for; raises if it is for something else."""
        known = self.meta(name)
        if known is None:
            self.set_meta(name, value)
        elif known != value:
            raise ValueError(f"this storage is for the {name} {known}, not {value}")

    def meta(self, name: str) -> Optional[str]:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # ---- Documents as the server has them ----

    def docs(self) -> Dict[str, Any]:
        rows = self._db.execute("SELECT id, value FROM doc WHERE value IS NOT NULL")
        return {id: json.loads(value) for id, value in rows}

    def doc(self, id: str) -> Tuple[int, Optional[str]]:
        """Version and JSON text; (0, None) if there is none."""
        return self._db.execute("SELECT version, value FROM doc WHERE id = ?", (id,)).fetchone() or (0, None)

    def put_doc(self, id: str, version: int, value: Optional[str], damaged: bool = False) -> None:
        self._db.execute("INSERT OR REPLACE INTO doc VALUES (?, ?, ?, ?)", (id, version, value, damaged))

    def damaged(self) -> List[str]:
        return [id for (id,) in self._db.execute("SELECT id FROM doc WHERE damaged ORDER BY id")]

    def keep_only(self, ids: Iterable[str]) -> None:
        """After a snapshot: what is not in it is gone."""
        kept = set(ids)
        for (id,) in self._db.execute("SELECT id FROM doc").fetchall():
            if id not in kept:
                self._db.execute("DELETE FROM doc WHERE id = ?", (id,))

    # ---- Unsent edits ----

    def edits(self) -> List[Edit]:
        return [_edit(row) for row in self._db.execute(f"SELECT {_EDIT} FROM edit ORDER BY place")]

    def edit(self, id: str) -> Optional[Edit]:
        row = self._db.execute(f"SELECT {_EDIT} FROM edit WHERE id = ?", (id,)).fetchone()
        return _edit(row) if row else None

    def put_edit(self, edit: Edit) -> None:
        (place,) = self._db.execute("SELECT coalesce(max(place), 0) + 1 FROM edit").fetchone()
        self._db.execute(f"INSERT OR REPLACE INTO edit ({_EDIT}, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*edit, place))

    def drop_edit(self, id: str) -> None:
        self._db.execute("DELETE FROM edit WHERE id = ?", (id,))

    # ---- Conflicts ----

    def conflicts(self) -> List[Tuple[int, str, Optional[str], Optional[str], float]]:
        return self._db.execute("SELECT key, id, mine, theirs, at FROM conflict ORDER BY key").fetchall()

    def put_conflict(self, id: str, mine: Optional[str], theirs: Optional[str], at: float) -> None:
        self._db.execute("INSERT INTO conflict (id, mine, theirs, at) VALUES (?, ?, ?, ?)", (id, mine, theirs, at))

    def drop_conflict(self, key: int) -> None:
        self._db.execute("DELETE FROM conflict WHERE key = ?", (key,))
