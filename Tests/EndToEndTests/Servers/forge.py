"""Writes a decision into a store as who owns its files could: with a chain that fits.

usage: forge.py STORE FROM TO EDIT    the decision of run FROM, edited by this expression over `d`, as the next event of TO;
                                 where both are one run, in place of it: it has to be the store's last event
"""
import hashlib, json, sqlite3, sys


def link(title, number, before, *parts):
    sums = b"".join(hashlib.sha256(part.encode()).digest() for part in parts)
    return hashlib.sha256(title + number.to_bytes(8, "big") + before + sums).digest()


def seal(title, number, before, entry):
    return hashlib.sha256(title + number.to_bytes(8, "big") + before + hashlib.sha256(entry.encode()).digest()).digest()


store, source, target, edit = sys.argv[1:]
database = sqlite3.connect(store)
lines = [json.loads(line) for (line,) in database.execute("select line from event where run = ? order by n", (source,))]
decision = next(line for line in lines if line["type"] == "decided")
if source == target:
    database.execute("delete from event where run = ? and n = ?", (source, decision["n"]))
    database.execute("delete from ledger where n = (select max(n) from ledger)")
last, before, text, stamp = database.execute(
    "select n, link, line, stamp from event where run = ? order by n desc limit 1", (target,)).fetchone()
newest = json.loads(text)
decision |= {"run": target, "n": last + 1, "epoch": newest["epoch"], "at": newest["at"]}
exec(edit, {"d": decision})
line = json.dumps(decision, separators=(",", ":"), ensure_ascii=False)
head = link(b"belay-event-1\n", last + 1, before, line, stamp)
database.execute("insert into event (run, n, line, stamp, link) values (?, ?, ?, ?, ?)", (target, last + 1, line, stamp, head))
number, before = database.execute("select n, link from ledger order by n desc limit 1").fetchone()
at = json.loads(stamp)["at"]
entry = json.dumps(
    {"n": number + 1, "at": at, "kind": "sealed", "run": target, "event": last + 1, "link": head.hex()},
    separators=(",", ":"))
database.execute(
    "insert into ledger values (?, ?, ?)", (number + 1, entry, seal(b"belay-ledger-1\n", number + 1, before, entry)))
database.execute("update run set events = ?, changed_at = ? where run = ?", (last + 1, newest["at"], target))
database.commit()
