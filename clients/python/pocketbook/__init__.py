"""A synced atom for Python: documents of one group, kept in SQLite, synchronized with a
Pocketbook server in the background."""

from pocketbook.atom import Conflict, SyncedAtom
from pocketbook.http import PocketbookError, Refused, Unauthorized, Unavailable

__version__ = "0.2.0"
__all__ = ["Conflict", "PocketbookError", "Refused", "SyncedAtom", "Unauthorized", "Unavailable"]
