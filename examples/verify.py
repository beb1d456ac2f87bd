#!/usr/bin/env python3
"""Verifies an export of a whole store without belay: belay audit export | examples/verify.py

By Sources/BelayJournal/JournalFormat.md: the ledger's chain, each run's chain, and each seal of the one in the other.
Says how far both go, for a look into heads.log or a signed checkpoint; exit status 1 names what does not fit."""
import hashlib, json, sys

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def check(holds, place):
    if not holds:
        sys.exit("BROKEN at " + place)

entries, link, seals, withheld, heads = 0, b"", {}, {}, {}
for row in map(json.loads, sys.stdin.buffer):
    if row["kind"] == "ledger":
        entry = json.loads(row["entry"])
        if entries == 0:
            link = sha(b"belay-store-1\n", entry["store"].encode())
        entries += 1
        link = sha(b"belay-ledger-1\n", entries.to_bytes(8, "big"), link, sha(row["entry"].encode()))
        check((row["n"], row["link"]) == (entries, link.hex()), f"ledger entry {entries}")
        if "link" in entry:
            seals.setdefault(entry["run"], {})[entry["event"]] = entry["link"]
        elif entry["kind"] == "withheld":
            withheld[entry["run"], entry["event"]] = bytes.fromhex(entry["line_sha256"])
    elif row["kind"] == "event":
        run, place = row["run"], f"event {row['n']} of run {row['run']}"
        n, before = heads.get(run, (0, sha(b"belay-run-1\n", run.encode())))
        line = sha(row["line"].encode()) if "line" in row else withheld.get((run, row["n"]), b"")
        head = sha(b"belay-event-1\n", (n + 1).to_bytes(8, "big"), before, line, sha(row["stamp"].encode()))
        check((row["n"], row["link"]) == (n + 1, head.hex()), place)
        check(seals.get(run, {}).get(n + 1, head.hex()) == head.hex(), place)
        heads[run] = (n + 1, head)
for run in seals.keys() | heads.keys():
    check(max(seals.get(run, {0: ""})) == heads.get(run, (0, b""))[0], f"the end of run {run}")
print(f"consistent: {entries} ledger entries up to {link.hex()}, {sum(n for n, _ in heads.values())} events")
