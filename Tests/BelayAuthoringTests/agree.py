#!/usr/bin/env python3
"""agree.py BELAY ROOT [MUTATIONS [SEED]]: schemas and reader say the same.

Every playbook, action, environment, roster and test file below ROOT that is meant to be valid is held against its
schema by an independent validator (jsonschema, with a YAML 1.2 core loader), and against `belay validate`. Then they
are changed by chance, and both are asked again: what the reader refuses for its form the schema has to refuse, and
what the schema refuses the reader has to refuse. Prints counts, and every disagreement; exit status 1 with one.
"""

import collections
import copy
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

KINDS = ["playbook", "action", "environment", "roster", "test"]

# What the reader calls a mistake of form.
FORM = {
    "unknown-key", "missing-key", "missing-kind", "two-kinds", "two-actions", "missing-action", "wrong-type",
    "wrong-version", "wrong-kind", "bad-id", "bad-value", "bad-duration", "bad-size", "bad-variable", "bad-zone",
    "two-gates", "missing-gate", "two-sources", "empty", "out-of-range", "misplaced-key",
    "temporary-without-rollback", "temporary-irreversible", "capture-without-rollback",
}

# Of those, what no schema can say: it takes knowing what stands around the place, or what a text means.
BEYOND = [
    ("misplaced-key", "a step of a rollback is not rolled back itself"),
    ("misplaced-key", "the children of a choice wait for nothing"),
    ("misplaced-key", "one child of a choice is chosen"),
    ("misplaced-key", "a step of the steady state"),
    ("bad-value", "is no method to ask with"),
    ("bad-value", "is no name of a header"),
    ("bad-value", "is no command"),
    ("bad-value", "the transaction is not the statement's"),
    ("out-of-range", "does not fit 64 bits"),
    ("out-of-range", "an override ends after it starts"),
]


# The same code is told of the types of expressions, which no schema knows.
WRITTEN_TYPE = re.compile(
    r"'[a-z_]+' takes |an argument is |a command is |'\w+' is a text in YAML|the program's name |"
    r"this is no (integer|number|boolean|duration|timestamp|string|list|map)$")


def is_of_form(code, message):
    if code == "wrong-type" and not WRITTEN_TYPE.match(message):
        return False
    return code in FORM and not any(code == beyond and part in message for beyond, part in BEYOND)


class Core(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML 1.2, core schema: `yes`, `0777` and dates are texts."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
     list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
]:
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(f"^(?:{pattern})$"), first)


def integer(loader, node):
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


Core.add_constructor("tag:yaml.org,2002:int", integer)


def kind_of(path):
    if path.parent.name in ("actions", "environments", "tests") and path.parent.parent.name == "playbooks":
        return path.parent.name[:-1]
    return "roster" if path.name == "roster.yaml" and path.parent.name == "playbooks" else "playbook"


class Referee:
    def __init__(self, belay, root):
        self.belay, self.root = belay, root
        self.validators = {}
        for kind in KINDS:
            schema = json.loads((root / "schemas" / f"{kind}.schema.json").read_text())
            jsonschema.Draft7Validator.check_schema(schema)
            self.validators[kind] = jsonschema.Draft7Validator(schema)
        self.complaints = []

    def complain(self, text):
        self.complaints.append(text)
        print("DISAGREE " + text)

    def schema_errors(self, kind, document):
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
                for e in self.validators[kind].iter_errors(document)]

    def reader_errors(self, folder, paths):
        """By path, the errors of each file; paths from the project's folder."""
        found = {path: [] for path in paths}
        for start in range(0, len(paths), 200):
            end = subprocess.run(
                [self.belay, "validate", "--format", "json", *paths[start:start + 200]], cwd=folder,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if end.returncode not in (0, 2) or not end.stdout:
                raise SystemExit(f"belay validate ended with {end.returncode}: {end.stderr}")
            for diagnostic in json.loads(end.stdout)["diagnostics"]:
                if diagnostic["severity"] == "error" and diagnostic["file"] in found:
                    found[diagnostic["file"]].append((diagnostic["code"], diagnostic["message"]))
        return found

    # Files that are meant to be valid

    def projects(self, scratch):
        """Folders with a `playbooks` folder, and those that the README and `belay new` make."""
        for base in ["", "examples", "Tests/BelayYAMLTests/Project", "Tests/CrashDriver"]:
            for folder in sorted((self.root / base).glob("**/playbooks" if base else "playbooks")):
                if ".build" not in folder.parts:
                    yield folder.parent
        readme = scratch / "readme"
        for name, text in re.findall(r"```yaml (playbooks/\S+)\n(.*?)```", (self.root / "README.md").read_text(),
                                     re.S):
            if "wrong" not in name:
                (readme / name).parent.mkdir(parents=True, exist_ok=True)
                (readme / name).write_text(text)
        yield readme
        fresh = scratch / "fresh"
        fresh.mkdir()
        subprocess.run([self.belay, "new", "first"], cwd=fresh, check=True, stdout=subprocess.DEVNULL)
        yield fresh

    def is_shipped(self, path):
        return path.is_relative_to(self.root) and path.relative_to(self.root).parts[0] in ("playbooks", "examples")

    def check_modeline(self, path):
        first = path.read_text().split("\n", 1)[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        named = (path.parent / match[1]).resolve() if match else None
        if named != (self.root / "schemas" / f"{kind_of(path)}.schema.json").resolve():
            self.complain(f"{path}: its first line names no schema, or not the right one: {first}")

    def check_files(self, scratch):
        bases = []
        for folder in self.projects(scratch):
            paths = sorted(p for p in (folder / "playbooks").glob("**/*.yaml"))
            found = self.reader_errors(folder, [str(p.relative_to(folder)) for p in paths])
            for path in paths:
                kind, document = kind_of(path), yaml.load(path.read_text(), Core)
                if self.is_shipped(path):
                    self.check_modeline(path)
                for error in self.schema_errors(kind, document):
                    self.complain(f"{path}: the schema refuses it: {error}")
                # The crash driver puts what they call, and who is in the roster, beside them.
                errors = [e for e in found[str(path.relative_to(folder))]
                          if not (folder.name == "CrashDriver" and e[0] in ("unknown-file", "unknown-name"))]
                for error in errors:
                    self.complain(f"{path}: the reader refuses it: {error}")
                bases.append((folder, kind, path, document))
        return bases

    # Changes

    def check_mutations(self, bases, count, seed, scratch):
        dice = random.Random(seed)
        mutator = Mutator(dice, [document for _, _, _, document in bases])
        made = collections.defaultdict(list)
        for number in range(count):
            kind = dice.choices(KINDS, [12, 4, 2, 2, 2])[0]
            folder, kind, path, document = dice.choice([b for b in bases if b[1] == kind] or bases)
            changed, what = mutator.mutate(document)
            made[folder].append((number, kind, path, changed, what))
        verdicts, how = collections.Counter(), collections.Counter()
        for folder, changes in made.items():
            for change, errors in self.read_changes(folder, changes, scratch):
                how[change[4].split(" ")[0]] += 1
                verdicts[self.judge(change, errors)] += 1
        return verdicts, how

    def read_changes(self, folder, changes, scratch):
        copied = scratch / f"copy{len(list(scratch.iterdir()))}"
        shutil.copytree(folder / "playbooks", copied / "playbooks")
        names = {}
        for number, kind, _, changed, _ in changes:
            below = {"playbook": "", "roster": ""}.get(kind, kind + "s/")
            if kind == "roster":
                alone = scratch / f"roster{number}" / "playbooks"
                alone.mkdir(parents=True)
                (alone / "roster.yaml").write_text(json.dumps(changed, indent=1))
                continue
            names[number] = f"playbooks/{below}m{number}.yaml"
            (copied / names[number]).parent.mkdir(exist_ok=True)
            (copied / names[number]).write_text(json.dumps(changed, indent=1))
        found = self.reader_errors(copied, list(names.values()))
        for change in changes:
            if change[1] == "roster":
                alone = scratch / f"roster{change[0]}"
                yield change, self.reader_errors(alone, ["playbooks/roster.yaml"])["playbooks/roster.yaml"]
            else:
                yield change, found[names[change[0]]]

    def judge(self, change, errors):
        number, kind, path, changed, what = change
        schema = self.schema_errors(kind, changed)
        form = [e for e in errors if is_of_form(*e)]
        if form and not schema:
            self.complain(f"#{number} {path.name}: {what}: only the reader refuses it: {form[:3]}")
            return "disagree"
        if schema and not errors:
            self.complain(f"#{number} {path.name}: {what}: only the schema refuses it: {schema[:3]}")
            return "disagree"
        if schema:
            return "both refuse"
        return "refused for its meaning" if errors else "both accept"


class Mutator:
    VALUES = [5, -1, 1.5, "text", "two words", True, [], {}, None, ["a"], {"a": 1}, "5m", "${{ run.id }}"]

    def __init__(self, dice, documents):
        self.dice = dice
        self.known = collections.defaultdict(list)
        for document in documents:
            for parent, key in self.places(document):
                if isinstance(parent, dict):
                    self.known[key].append(parent[key])

    def places(self, value):
        children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in children:
            yield value, key
            yield from self.places(child)

    def mutate(self, document):
        changed = copy.deepcopy(document)
        places = list(self.places(changed))
        maps = [(p, k) for p, k in places if isinstance(p, dict)]
        parent, key = self.dice.choice(maps)
        how = self.dice.choice(["delete", "rename", "type", "type", "word", "extra", "extra", "kind", "item"])
        if how == "delete":
            del parent[key]
            return changed, f"delete {key}"
        if how == "rename":
            name = self.dice.choice([key + "s", key[:-1] or "q", key.upper(), "x-" + key, key[::-1]])
            items = [(name if k == key else k, v) for k, v in parent.items()]
            parent.clear()
            parent.update(items)
            return changed, f"rename {key} to {name}"
        if how == "type":
            parent, key = self.dice.choice(places)
            parent[key] = self.dice.choice(self.VALUES)
            return changed, f"type of {key}: {parent[key]!r}"
        if how == "word":
            scalars = [(p, k) for p, k in maps if isinstance(p[k], str)]
            parent, key = self.dice.choice(scalars or maps)
            parent[key] = "nonsense"
            return changed, f"word of {key}"
        if how == "extra":
            name = self.dice.choice(sorted(self.known) + ["bogus", "x-mine"])
            parent[name] = copy.deepcopy(self.dice.choice(self.known[name] or [1]))
            return changed, f"extra {name}: {str(parent[name])[:80]} beside {key}"
        if how == "kind":
            nodes = [p for p, k in maps if k in ("step", "check", "gate", "group")]
            kind = self.dice.choice(["step", "check", "gate", "group"])
            (self.dice.choice(nodes) if nodes else parent)[kind] = "second"
            return changed, f"kind {kind} added"
        lists = [(p, k) for p, k in places if isinstance(p, list)]
        parent, key = self.dice.choice(lists or maps)
        del parent[key]
        return changed, f"item {key} removed"


def main():
    belay, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    count, seed = int((sys.argv[3:4] or ["400"])[0]), int((sys.argv[4:5] or ["1"])[0])
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        referee = Referee(belay, root)
        bases = referee.check_files(scratch)
        kinds = collections.Counter(kind for _, kind, _, _ in bases)
        print(f"{len(bases)} files held against schemas and reader: {dict(kinds)}")
        verdicts, how = referee.check_mutations(bases, count, seed, scratch)
        print(f"{count} changes (seed {seed}): {dict(how)}")
        print(f"judged: {dict(verdicts)}")
    sys.exit(1 if referee.complaints else 0)


if __name__ == "__main__":
    main()
