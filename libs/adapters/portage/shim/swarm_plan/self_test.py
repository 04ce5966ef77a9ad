"""`plan.py --self-test`: does this Portage give the shim what it expects?

Builds a repository of a dozen ebuilds in a temporary directory, resolves it as the swarm does, and compares
with what is known to be right: packages, USE flags, the kinds of every edge, environments, digests, and
every class of problem with the line that settles it. Needs no network and nothing of the machine but Portage.
"""

import hashlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

from swarm_plan import portage_api

# A resolver that takes longer for a dozen ebuilds hangs.
RUN_SECONDS = 120
REPOSITORY = "self-test"
CATEGORY = "self-test"
ECLASS = "self-test-base"
HEAD = {"EAPI": "8", "SLOT": "0", "KEYWORDS": "amd64", "LICENSE": "Free", "DESCRIPTION": "for the self-test"}

EBUILDS = {
    "lib-1": {"SLOT": "0/1", "IUSE": "+fast slow", "REQUIRED_USE": "^^ ( fast slow )"},
    "lib-2": {"SLOT": "0/2", "IUSE": "+fast slow", "KEYWORDS": "~amd64"},
    "tool-1": {},
    "starter-1": {},
    "plugin-1": {"RDEPEND": "self-test/app"},
    "app-1": {
        "IUSE": "+net doc", "DEPEND": "self-test/lib:= doc? ( self-test/nothing )", "BDEPEND": "self-test/tool",
        "RDEPEND": "self-test/lib:= net? ( || ( self-test/nothing self-test/choice ) )",
        "PDEPEND": "self-test/plugin", "IDEPEND": "self-test/starter",
    },
    "choice-1": {"RDEPEND": "!self-test/enemy"},
    "enemy-1": {},
    "missing-1": {"DEPEND": "self-test/tol"},
    "testing-1": {"RDEPEND": ">=self-test/lib-2"},
    "locked-1": {"LICENSE": "Unfree"},
    "banned-1": {},
    "slow-1": {"DEPEND": "self-test/option[extra]"},
    "option-1": {"IUSE": "extra"},
    "torn-1": {"IUSE": "+a +b", "REQUIRED_USE": "^^ ( a b )"},
    "icu-1": {"SLOT": "0/1"},
    "icu-2": {"SLOT": "0/2"},
    "old-1": {"RDEPEND": "<self-test/icu-2:="},
    "new-1": {"IUSE": "+fresh", "RDEPEND": "fresh? ( >=self-test/icu-2:= ) !fresh? ( self-test/icu:= )"},
    "font-1": {"IUSE": "+shape", "DEPEND": "shape? ( self-test/shape )"},
    "shape-1": {"DEPEND": "self-test/font"},
}
GOOD = ["self-test/app"]
BAD = ["missing", "testing", "locked", "banned", "slow", "torn", "old", "new", "enemy", "shape", "app"]

PACKAGES = {
    "app-1": ["net"], "choice-1": [], "lib-1": ["fast"], "plugin-1": [], "starter-1": [], "tool-1": [],
}
EDGES = {
    "app-1 choice-1 runtime RDEPEND",
    "app-1 lib-1 buildtime buildtime_slot_op runtime runtime_slot_op DEPEND RDEPEND",
    "app-1 plugin-1 runtime_post PDEPEND",
    "app-1 starter-1 runtime IDEPEND",
    "app-1 tool-1 buildtime BDEPEND",
    "plugin-1 app-1 runtime RDEPEND",
}
# Kind, what it is about, and the lines that settle it.
PROBLEMS = {
    "unsatisfied self-test/tol",
    "masked >=self-test/lib-2 | package.accept_keywords =self-test/lib-2 ~amd64",
    "masked self-test/locked | package.license =self-test/locked-1 Unfree",
    "masked self-test/banned | package.unmask =self-test/banned-1",
    "use-change self-test/option-1 | package.use >=self-test/option-1 extra",
    "required-use self-test/torn-1 | package.use >=self-test/torn-1 -b",
    "slot-conflict self-test/icu:0 | package.use =self-test/new-1 -fresh",
    "blocker !self-test/enemy | package.use =self-test/app-1 -net",
    "circular self-test/font-1 self-test/shape-1 | package.use =self-test/font-1 -shape",
}
# One of two that exclude each other is planned: which, is not what is tested here.
ASIDE = {"missing", "testing", "locked", "banned", "slow", "torn"}


def run():
    """Returns the exit status: 0 if all is as it must be."""
    try:
        name = f"self-test with Portage {portage_api.version()}"
    except ImportError as error:
        print(f"self-test: {sys.executable} has no Portage: {error}")
        return 1
    top = tempfile.mkdtemp(prefix="swarm-self-test-")
    try:
        mistakes = _mistakes(top)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        mistakes = [f"it could not be run: {error}"]
    finally:
        shutil.rmtree(top, ignore_errors=True)
    for mistake in mistakes:
        print(f"{name}: {mistake}")
    if not mistakes:
        print(f"{name}: all is as it must be")
    return 1 if mistakes else 0


def _mistakes(top):
    environment = _machine(top)
    good = _plan(environment, GOOD)
    mistakes = _wrong_plan(good) + _wrong_environments(good)
    mistakes += _wrong_problems(_plan(environment, [f"{CATEGORY}/{name}" for name in BAD]))

    # The same repository in another place, with two files changed: only what is built from them is another.
    moved = os.path.join(top, "elsewhere")
    os.rename(os.path.join(top, "repository"), moved)
    _write_repository(moved, eclass_text="# another text\n", lib_text="another note\n")
    environment["PORTAGE_REPOSITORIES"] = _repositories_conf(moved)
    _link_profile(top, moved)
    before, after = _digests(good), _digests(_plan(environment, GOOD))
    if None in (*before.values(), *after.values()):
        mistakes.append("a package has no sourceDigest")
    changed = sorted(name for name in before if before[name] != after.get(name))
    return mistakes + _unlike("digests changed by an eclass and a file", changed, ["app-1", "lib-1"])


def _wrong_plan(document):
    mistakes = _unlike("ok, problems, setAside, ordered", [
        document["ok"], document["problems"], document["setAside"], document["ordered"],
    ], [True, [], [], True])
    packages = {_short(package["cpv"]): package["use"] for package in document["packages"]}
    mistakes += _unlike("packages", packages, PACKAGES)
    names = [_short(package["cpv"]) for package in document["packages"]]
    edges = {
        " ".join([names[edge["parent"]], names[edge["child"]], *edge["kinds"], *edge["classes"]])
        for edge in document["edges"]
    }
    return mistakes + _unlike("edges", edges, EDGES)


def _wrong_environments(document):
    flags = {
        _short(package["cpv"]): document["environments"][package["environment"]].get("CFLAGS")
        for package in document["packages"]
    }
    expected = {name: "-O3" if name == "lib-1" else "-O2" for name in PACKAGES}
    return _unlike("CFLAGS of packages (package.env)", flags, expected)


def _wrong_problems(document):
    problems = set()
    for problem in document["problems"]:
        about = problem.get("slot") or " ".join(problem.get("cycle", ())) or (
            problem.get("cpv") if problem["kind"] in ("use-change", "required-use") else problem.get("atom")
        )
        lines = "".join(f" | {each['file']} {each['line']}" for each in problem["remedies"])
        problems.add(f"{problem['kind']} {about}{lines}")
    mistakes = _unlike("problems", problems, PROBLEMS)
    aside = {_short(entry["target"]) for entry in document["setAside"]}
    if not ASIDE <= aside or not aside & {"old", "new"} or not aside & {"enemy", "app"} or "shape" in aside:
        mistakes.append(f"targets set aside: {', '.join(sorted(aside))}")
    return mistakes


def _unlike(what, found, expected):
    if found == expected:
        return []
    if isinstance(found, set):
        missing, surplus = sorted(expected - found), sorted(found - expected)
        return [f"{what}: missing {missing}, too many {surplus}"]
    return [f"{what}: {found} instead of {expected}"]


def _short(name):
    return name.partition("/")[2]


def _digests(document):
    return {_short(package["cpv"]): package.get("sourceDigest") for package in document["packages"]}


def _plan(environment, targets):
    """The document of a run in a process of its own, as the swarm runs it."""
    shim = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "plan.py")
    command = [sys.executable, shim, "--ignore-default-opts", "--emptytree", "--with-bdeps=y", *targets]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=RUN_SECONDS, text=True,
    )
    document = json.loads(done.stdout)
    for problem in document["problems"]:
        if problem["kind"] == "internal-error":
            raise ValueError(f"{problem['text']}\n{done.stderr[-2000:]}")
    return document


def _machine(top):
    """Configuration, ROOT and environment of a machine that has nothing but the repository."""
    repository = os.path.join(top, "repository")
    _write_repository(repository, eclass_text="", lib_text="a note\n")
    etc = os.path.join(top, "etc", "portage")
    _write(os.path.join(etc, "make.conf"), 'CFLAGS="-O2"\nFEATURES="-sandbox -usersandbox"\n')
    _write(os.path.join(etc, "env", "fast"), 'CFLAGS="-O3"\n')
    _write(os.path.join(etc, "package.env"), f"{CATEGORY}/lib fast\n")
    _link_profile(top, repository)
    root = os.path.join(top, "root")
    os.makedirs(root)
    environment = {
        name: value for name, value in os.environ.items()
        if name in ("HOME", "PATH") or name.startswith(("LANG", "LC_", "PYTHON"))
    }
    environment.update({
        "PORTAGE_CONFIGROOT": top, "ROOT": root, "SYSROOT": root, "EPREFIX": "", "NO_COLOR": "1",
        "PORTAGE_TMPDIR": top, "PORTAGE_OVERRIDE_EPREFIX": _prefix(top),
        "PORTAGE_REPOSITORIES": _repositories_conf(repository),
        "SWARM_PLAN_ONE_ROOT": "1", "PYTHONHASHSEED": "0",
    })
    if os.getuid() == 0:
        # Without a user `portage`, root acts as itself.
        name = pwd.getpwuid(0).pw_name
        environment.update({"PORTAGE_USERNAME": name, "PORTAGE_GRPNAME": name})
    return environment


def _link_profile(top, repository):
    link = os.path.join(top, "etc", "portage", "make.profile")
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(os.path.join(repository, "profiles", "test"), link)


def _prefix(top):
    """A prefix that has only Portage's own defaults."""
    probe = "from portage.const import EPREFIX, GLOBAL_CONFIG_PATH as path; print(EPREFIX); print(path)"
    environment = {name: value for name, value in os.environ.items() if "PREFIX" not in name}
    lines = subprocess.run(
        [sys.executable, "-c", probe], env=environment, stdout=subprocess.PIPE, timeout=RUN_SECONDS, text=True, check=True,
    ).stdout.split("\n")
    prefix = os.path.join(top, "prefix")
    inside = os.path.join(prefix, lines[1].lstrip("/"))
    os.makedirs(os.path.dirname(inside))
    os.symlink(os.path.join(lines[0] or "/", lines[1].lstrip("/")), inside)
    os.makedirs(os.path.join(prefix, "var", "cache", "edb", "dep"))
    return prefix


def _repositories_conf(location):
    return f"[DEFAULT]\nmain-repo = {REPOSITORY}\n\n[{REPOSITORY}]\nlocation = {location}\nauto-sync = no\n"


def _write_repository(top, eclass_text, lib_text):
    _write(os.path.join(top, "profiles", "repo_name"), f"{REPOSITORY}\n")
    _write(os.path.join(top, "profiles", "categories"), f"{CATEGORY}\n")
    _write(os.path.join(top, "profiles", "arch.list"), "amd64\n")
    _write(os.path.join(top, "profiles", "package.mask"), f"{CATEGORY}/banned\n")
    _write(os.path.join(top, "profiles", "test", "make.defaults"), _PROFILE)
    _write(os.path.join(top, "profiles", "test", "eapi"), "8\n")
    _write(os.path.join(top, "metadata", "layout.conf"), "masters =\ncache-formats = md5-dict\nthin-manifests = true\n")
    _write(os.path.join(top, CATEGORY, "lib", "files", "deep", "note"), lib_text)
    _write(os.path.join(top, CATEGORY, "tool", "files", "note"), "always the same\n")
    for name in ("Free", "Unfree"):
        _write(os.path.join(top, "licenses", name), f"{name}\n")
    eclass = _write(os.path.join(top, "eclass", f"{ECLASS}.eclass"), f"# for the self-test\n{eclass_text}")
    for name, variables in EBUILDS.items():
        all_variables = {**HEAD, **variables}
        inherits = f"inherit {ECLASS}\n" if name == "app-1" else ""
        text = "".join(f'{key}="{value}"\n' for key, value in all_variables.items())
        first, _, rest = text.partition("\n")
        path = os.path.join(top, CATEGORY, name.rpartition("-")[0], f"{name}.ebuild")
        ebuild = _write(path, f"{first}\n{inherits}{rest}")
        cache = {**all_variables, "_md5_": ebuild, "DEFINED_PHASES": "-"}
        if inherits:
            cache.update({"_eclasses_": f"{ECLASS}\t{eclass}", "INHERITED": ECLASS})
        lines = "".join(f"{key}={value}\n" for key, value in sorted(cache.items()))
        _write(os.path.join(top, "metadata", "md5-cache", CATEGORY, name), lines)


def _write(path, text):
    """Writes a file; returns its MD5, by which a metadata cache knows it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return hashlib.md5(text.encode()).hexdigest()


_PROFILE = """ARCH="amd64"
ACCEPT_KEYWORDS="amd64"
ACCEPT_LICENSE="* -Unfree"
CHOST="x86_64-pc-linux-gnu"
KERNEL="linux"
ELIBC="glibc"
USE_EXPAND="ELIBC KERNEL"
USE_EXPAND_IMPLICIT="ARCH ELIBC KERNEL"
USE_EXPAND_UNPREFIXED="ARCH"
USE_EXPAND_VALUES_ARCH="amd64"
USE_EXPAND_VALUES_ELIBC="glibc"
USE_EXPAND_VALUES_KERNEL="linux"
"""
