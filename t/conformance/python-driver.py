"""The client behind the commands of t/conformance/prove-client.mjs."""

import json
import sys

from pocketbook import SyncedAtom

atom = None


def run(command):
    global atom
    do = command["do"]
    if do == "open":
        atom = SyncedAtom(command["url"], command["group"], path=command["storage"] or ":memory:", timeout=10)
        return atom.start() and {} if command["live"] else {}
    if do == "set":
        atom.set(command["id"], command["value"])
    elif do == "delete":
        atom.delete(command["id"])
    elif do == "sync":
        atom.sync()
    elif do == "token":
        atom.set_token(command["token"])
    elif do == "docs":
        return {"docs": dict(atom.deref())}
    elif do == "pending":
        return {"pending": atom.pending}
    elif do == "conflicts":
        return {"conflicts": [conflict.id for conflict in atom.conflicts]}
    return {}


for line in sys.stdin:
    try:
        answer = {"ok": True, **run(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
if atom is not None:
    atom.close()
