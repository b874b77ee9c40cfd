"""What the atom promises to an application, beside the protocol, which the cases of
t/conformance look after."""

import os
import tempfile
import threading
import unittest

from pocketbook import SyncedAtom
from pocketbook.http import Refused, Unavailable, parse_events


class FakeConnection:
    """A server in this process: versions and conflicts as the protocol has them."""

    def __init__(self):
        self.docs = {}
        self.seq = 0
        self.pushes = []
        self.refuse = lambda edit: None
        self.before_answer = lambda: None
        self.token = None

    def close(self):
        pass

    def put(self, id, **content):
        self.seq += 1
        version = self.docs.get(id, {"version": 0})["version"] + 1
        self.docs[id] = {"id": id, "version": version, "seq": self.seq, **content}

    def pull(self, group, since):
        start = int(since or 0)
        docs = [doc for doc in self.docs.values() if doc["seq"] > start]
        return {"docs": docs, "cursor": str(self.seq), "more": False, "reset": False}

    def push(self, edits):
        self.pushes.append(edits)
        for edit in edits:
            if self.refuse(edit):
                raise Refused(self.refuse(edit))
        results = [self._write(edit) for edit in edits]
        self.before_answer()
        return results

    def _write(self, edit):
        now = self.docs.get(edit["id"], {"version": 0, "deleted": True})
        if now["version"] != edit["base"]:
            return {**now, "id": edit["id"], "status": "conflict"}
        self.put(edit["id"], **{name: edit[name] for name in ("value", "deleted") if name in edit})
        return {"id": edit["id"], "status": "ok", "version": now["version"] + 1}


def make(server, **options):
    atom = SyncedAtom("http://127.0.0.1:9", "g", **options)
    atom._connection.close()
    atom._connection = atom._round._connection = server
    return atom


class AtomTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeConnection()

    def atom(self, **options):
        atom = make(self.server, **options)
        self.addCleanup(atom.close)
        return atom

    def conflict(self, mine, theirs, **options):
        """An atom whose write met another one's."""
        self.server.put("g:1", value={"a": 0, "b": 0})
        atom = self.atom(**options)
        atom.sync()
        atom.set("g:1", mine)
        self.server.put("g:1", **theirs)
        atom.sync()
        return atom

    def test_swap_returns_the_documents_and_keeps_the_old_mapping(self):
        atom = self.atom()
        before = atom.deref()
        after = atom.swap(lambda docs, title: {**docs, "g:1": title}, "cheese")
        self.assertEqual(dict(before), {})
        self.assertEqual(dict(after), {"g:1": "cheese"})
        with self.assertRaises(TypeError):
            after["g:2"] = 1

    def test_what_cannot_be_a_document_changes_nothing(self):
        atom = self.atom()
        for id, value, error in (("g:1", {1, 2}, TypeError), ("g:1", float("nan"), ValueError), ("h:1", 1, ValueError),
                                 ("g", 1, ValueError), ("g:", 1, ValueError)):
            with self.subTest(id=id, value=value), self.assertRaises(error):
                atom.swap(lambda docs: {**docs, "g:0": 0, id: value})
        self.assertEqual((dict(atom.deref()), atom.pending), ({}, 0))

    def test_equal_documents_are_no_write(self):
        self.server.put("g:1", value={"a": 1, "b": [2]})
        atom = self.atom()
        atom.sync()
        atom.set("g:1", {"b": [2], "a": 1})
        self.assertEqual(atom.pending, 0)

    def test_watches_get_the_ids_that_differ(self):
        atom = self.atom()
        seen = []
        end = atom.watch(lambda docs, ids: seen.append((dict(docs), ids)))
        atom.set("g:1", 1)
        self.server.put("g:2", value=2)
        atom.sync()
        end()
        atom.delete("g:1")
        self.assertEqual(seen, [({"g:1": 1}, {"g:1"}), ({"g:1": 1, "g:2": 2}, {"g:2"})])

    def test_without_merge_the_server_wins_and_mine_can_be_restored(self):
        atom = self.conflict({"a": 1}, {"value": {"a": 2}})
        self.assertEqual(atom.deref()["g:1"], {"a": 2})
        (conflict,) = atom.conflicts
        self.assertEqual((conflict.id, conflict.mine, conflict.theirs), ("g:1", {"a": 1}, {"a": 2}))
        atom.restore(conflict.key)
        atom.sync()
        self.assertEqual((self.server.docs["g:1"]["value"], self.server.docs["g:1"]["version"]), ({"a": 1}, 3))
        self.assertEqual(atom.conflicts, [])

    def test_merge_gets_all_three_values_and_its_result_is_pushed(self):
        seen = []

        def merge(base, mine, theirs):
            seen.append((base, mine, theirs))
            return {name: mine[name] if mine[name] != base[name] else theirs[name] for name in base}

        atom = self.conflict({"a": 1, "b": 0}, {"value": {"a": 0, "b": 2}}, merge=merge)
        self.assertEqual(seen, [({"a": 0, "b": 0}, {"a": 1, "b": 0}, {"a": 0, "b": 2})])
        self.assertEqual(self.server.docs["g:1"]["value"], {"a": 1, "b": 2})
        self.assertEqual((atom.pending, atom.conflicts), (0, []))

    def test_merge_may_take_the_server_s(self):
        atom = self.conflict({"a": 1}, {"value": {"a": 2}}, merge=lambda *_: None)
        self.assertEqual((atom.deref()["g:1"], atom.conflicts, atom.pending), ({"a": 2}, [], 0))

    def test_a_write_during_a_push_is_pushed_after_it(self):
        atom = self.atom()
        atom.set("g:1", 1)

        def once():
            self.server.before_answer = lambda: None
            atom.set("g:1", 2)

        self.server.before_answer = once
        atom.sync()
        self.assertEqual([edit["value"] for push in self.server.pushes for edit in push], [1, 2])
        self.assertEqual((self.server.docs["g:1"]["version"], dict(atom.deref()), atom.pending), (2, {"g:1": 2}, 0))

    def test_a_refused_write_is_set_aside_and_told(self):
        self.server.refuse = lambda edit: "too sweet" if edit.get("value") == "sugar" else None
        atom = self.atom()
        atom.set("g:1", "sugar")
        atom.set("g:2", "salt")
        atom.sync()
        self.assertEqual((atom.rejected, atom.pending), ({"g:1": "too sweet"}, 0))
        self.assertEqual(atom.deref()["g:1"], "sugar")
        atom.discard("g:1")
        self.assertEqual(dict(atom.deref()), {"g:2": "salt"})

    def test_a_refused_write_can_be_tried_again_or_changed(self):
        self.server.refuse = lambda edit: "no" if edit.get("value") == "sugar" else None
        atom = self.atom()
        atom.set("g:1", "sugar")
        atom.sync()
        atom.set("g:1", "honey")
        atom.sync()
        self.assertEqual((self.server.docs["g:1"]["value"], atom.rejected), ("honey", {}))

    def test_a_storage_belongs_to_one_group(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "notes.db")
            make(self.server, path=path).close()
            with self.assertRaisesRegex(ValueError, "group g"):
                SyncedAtom("http://127.0.0.1:9", "h", path=path)

    def test_a_server_that_is_away_is_unavailable(self):
        with SyncedAtom("http://127.0.0.1:9", "g", timeout=5) as atom, self.assertRaises(Unavailable):
            atom.sync()

    def test_writes_of_many_threads_are_all_kept(self):
        atom = self.atom()

        def write(n):
            for i in range(20):
                atom.set(f"g:{n}-{i}", i)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        atom.sync()
        self.assertEqual((len(self.server.docs), atom.pending), (80, 0))


class EventsTest(unittest.TestCase):
    def test_comments_unknown_fields_and_broken_data_are_passed_over(self):
        lines = [": hello", "retry: 5", "event: change", "id: 1", 'data: {"a":', "data: 1}", "", "data: no json", "", "event: ping", "",
                 'data:{"b":2}', ""]
        self.assertEqual(list(parse_events(iter(lines))), [("change", {"a": 1}), ("message", {"b": 2})])


if __name__ == "__main__":
    unittest.main()
