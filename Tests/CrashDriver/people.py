"""People whom a run asks: they say what the playbook's first line has for each node, and only once."""

import os
import pathlib


def write_roster(folder):
    """Whoever runs this is all of it."""
    text = (pathlib.Path(__file__).resolve().parent / "roster.yaml").read_text()
    (folder / "roster.yaml").write_text(text.replace("UID", f'"{os.getuid()}"'))


def answer(bed, state):
    """Says what is due. What was said and is on the record is refused, and that is as good."""
    for node, record in state["nodes"].items():
        words = bed.playbook.facts.get("answers", {}).get(node)
        if words and "asking" in record:
            bed.known = None
            end = bed.ask(*words, check=False)
            if bed.tell:
                bed.tell(f"$ belay {' '.join(words)}\n{(end.stdout + end.stderr).decode()}-> {end.returncode}")
