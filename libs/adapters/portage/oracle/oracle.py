#!/usr/bin/env python3
"""oracle.py: what Portage itself says about versions, atoms, dependency strings and REQUIRED_USE.

Each line of standard input is a JSON array of questions, each line of standard output the array of
the answers, in the same order. A question is an object with a `kind`, one of QUESTIONS below. Where
Portage refuses a text, the answer is {"refused": <why>}. Ends with its input. Seen to work with
Portage 3.0.82; its native parser, where there is one, is left out, as it reads other errors.
"""

import json
import os
import sys
import warnings

os.environ["PORTAGE_NATIVE_DEP_PARSER"] = "0"
warnings.simplefilter("ignore")
sys.dont_write_bytecode = True

# Portage prints to standard output as well: answers alone go there.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

import portage  # noqa: E402
from portage.dep import Atom, check_required_use, match_from_list, use_reduce  # noqa: E402
from portage.exception import InvalidAtom, InvalidData, InvalidDependString  # noqa: E402
from portage.versions import _pkg_str, catpkgsplit, vercmp, ververify  # noqa: E402


class Flags:
    """The flags of a package, as a Package of emerge shows them."""

    def __init__(self, enabled):
        self.enabled = frozenset(enabled)


class KnownFlags:
    def __init__(self, flags):
        self.flags = frozenset(flags)

    def is_valid_flag(self, flags):
        return flags in self.flags if isinstance(flags, str) else self.flags.issuperset(flags)


class Candidate:
    """As much of a Package of emerge as match_from_list looks at."""

    def __init__(self, facts):
        self.cpv = _pkg_str(
            facts["cpv"],
            slot=f"{facts['slot']}/{facts['subslot']}",
            repo=facts.get("repository"),
            build_id=facts.get("buildId"),
        )
        self.cp = self.cpv.cp
        self.cpv_split = self.cpv.cpv_split
        self.version = self.cpv.version
        self.slot = self.cpv.slot
        self.sub_slot = self.cpv.sub_slot
        self.repo = facts.get("repository")
        self.use = Flags(facts["use"])
        self.iuse = KnownFlags(facts["iuse"])


def ask_version(question):
    a, b = question["a"], question["b"]
    valid = [bool(ververify(a)), bool(ververify(b))]
    return {"valid": valid, "order": vercmp(a, b) if all(valid) else None}


def ask_cpv(question):
    return catpkgsplit(question["text"]) if "/" in question["text"] else None


def ask_atom(question):
    atom = Atom(question["text"], eapi=question.get("eapi"))
    answer = {
        "blocker": None if not atom.blocker else "!!" if atom.blocker.overlap.forbid else "!",
        "name": atom.cp,
        "operator": atom.operator,
        "version": atom.version,
        "buildId": None if atom.build_id is None else str(atom.build_id),
        "slot": atom.slot,
        "subslot": atom.sub_slot,
        "slotOperator": atom.slot_operator,
        "repository": atom.repo,
        "use": list(atom.use.tokens) if atom.use else [],
        "required": sorted(atom.use.required) if atom.use else [],
    }
    if "use" in question:
        answer["evaluated"] = str(atom.evaluate_conditionals(frozenset(question["use"])))
    return answer


def ask_match(question):
    atom = Atom(question["text"], eapi=question.get("eapi"))
    if "use" in question:
        atom = atom.evaluate_conditionals(frozenset(question["use"]))
    return [bool(match_from_list(atom, [Candidate(facts)])) for facts in question["packages"]]


def plain(tokens):
    return [plain(token) if isinstance(token, list) else str(token) for token in tokens]


def ask_use_reduce(question):
    tokens = question.get("tokens", "atom")
    reduced = use_reduce(
        question["text"],
        uselist=question["use"],
        eapi=question.get("eapi"),
        token_class=Atom if tokens == "atom" else None,
        is_src_uri=tokens == "src-uri",
    )
    return plain(reduced)


def ask_required_use(question):
    iuse = frozenset(question["iuse"])
    return bool(
        check_required_use(
            question["text"], frozenset(question["use"]), iuse.__contains__, eapi=question.get("eapi")
        )
    )


QUESTIONS = {
    "version": ask_version,
    "cpv": ask_cpv,
    "atom": ask_atom,
    "match": ask_match,
    "use_reduce": ask_use_reduce,
    "required_use": ask_required_use,
}


def answer_to(question):
    if question["kind"] == "portage":
        return portage.VERSION
    try:
        return QUESTIONS[question["kind"]](question)
    except (InvalidAtom, InvalidData, InvalidDependString) as refusal:
        return {"refused": str(refusal)}


def main():
    for line in sys.stdin:
        if line.strip():
            answers.write(json.dumps([answer_to(question) for question in json.loads(line)]) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
