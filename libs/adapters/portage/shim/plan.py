#!/usr/bin/env python3
"""plan.py <emerge options and atoms>: what `emerge --pretend` would do, as one JSON document.

The document goes to standard output, always exactly one, also after a failure; everything that
Portage prints goes to standard error. The format is described in docs/plan-format.md.

Exit status: 0 the request can be satisfied, 1 it cannot (see `problems`), 2 Portage itself failed.

SWARM_PLAN_ONE_ROOT=1 resolves build tools (BDEPEND, IDEPEND) in ROOT too, as on a machine whose
ROOT is `/`. Seen to work with Portage 3.0.82; the classes used here are private to Portage, and
this file is the only one of the project that knows them.
"""

import contextlib
import hashlib
import io
import json
import os
import shlex
import sys
import time
import traceback

SCHEMA = "build-swarm.plan"
SCHEMA_VERSION = 1
DEPENDENCY_CLASSES = ("DEPEND", "BDEPEND", "RDEPEND", "PDEPEND", "IDEPEND")
EDGE_KINDS = ("buildtime", "buildtime_slot_op", "runtime", "runtime_slot_op", "runtime_post")
METADATA = DEPENDENCY_CLASSES + (
    "IUSE", "REQUIRED_USE", "KEYWORDS", "LICENSE", "RESTRICT", "PROPERTIES", "DEFINED_PHASES", "INHERITED",
)
TEXT_LIMIT = 64 * 1024
UNKNOWN_TEXT_LIMIT = 2000


class InvalidRequest(Exception):
    """What was asked for makes no sense to Portage; nobody's bug."""


def resolve(arguments):
    """Runs Portage's resolver as emerge does; returns (found, depgraph, trees, favorites, refused).

    Portage gives up at the first argument that nothing satisfies. Such arguments are put aside, as
    problems in `refused`, and the others are resolved without them.
    """
    from _emerge.actions import adjust_configs, expand_set_arguments, load_emerge_config, profile_check
    from _emerge.create_depgraph_params import create_depgraph_params
    from _emerge.depgraph import backtrack_depgraph
    from _emerge.main import parse_opts

    action, options, names = parse_opts(arguments, silent=True)
    if action is not None:
        raise InvalidRequest(f"--{action} is not a request for a merge list")
    config = load_emerge_config(action=action, args=names, opts=options)
    if "--ignore-default-opts" not in options:
        defaults = shlex.split(config.target_config.settings.get("EMERGE_DEFAULT_OPTS", ""))
        if defaults:
            _, options, names = parse_opts(defaults + arguments, silent=True)
    options["--pretend"] = True
    options["--nospinner"] = True
    # The implications that emerge_main() adds before it resolves.
    if options.get("--getbinpkgonly") is True:
        options.update({"--getbinpkg": True, "--usepkgonly": True})
    if options.get("--getbinpkg") is True or options.get("--usepkgonly") is True:
        options["--usepkg"] = True
    if os.environ.get("SWARM_PLAN_ONE_ROOT") == "1":
        use_one_root(config)
    if options.get("--usepkg") is True:
        for tree in config.trees.values():
            tree["bintree"].populate(getbinpkgs=options.get("--getbinpkg") is True, pretend=True)
    config.opts = options
    adjust_configs(options, config.trees)
    if profile_check(config.trees, action) != os.EX_OK:
        raise InvalidRequest("the profile of this machine is not valid")
    targets, status = expand_set_arguments(names, action, config.target_config)
    if status != os.EX_OK:
        raise InvalidRequest(f"one of {' '.join(names)} does not exist or cannot be read")
    refused = []
    while True:
        found, graph, favorites = backtrack_depgraph(
            config.target_config.settings, config.trees, options,
            create_depgraph_params(options, action), action, targets, None,
        )
        hopeless = {} if found else unsatisfied_arguments(graph, targets)
        if not hopeless or len(hopeless) == len(targets):
            return found, graph, config.trees, favorites, refused
        refused += [unsatisfied(atom, None, graph) for atom in hopeless.values()]
        targets = [target for target in targets if target not in hopeless]


def unsatisfied_arguments(graph, targets):
    """Those of the targets that nothing satisfies, with their atoms."""
    shown = graph._dynamic_config._unsatisfied_deps_for_display
    asked = {str(atom): atom for (_, atom), details in shown if not is_package(details.get("myparent"))}
    return {target: asked[target] for target in targets if target in asked}


def use_one_root(config):
    """Makes ROOT its own build root; the root that Portage itself runs from drops out."""
    trees = config.trees
    if trees._running_eroot != trees._target_eroot:
        del trees[trees._running_eroot]
        trees._running_eroot = trees._target_eroot
        config.running_config = config.target_config


def merge_order(found, graph):
    """Packages in the order of merging, and whether that order is real."""
    from _emerge.Package import Package

    if found:
        try:
            return [n for n in graph.altlist() if is_merge(n)], True
        except graph._unknown_internal_error:  # a cycle that no order satisfies
            pass
    nodes = [n for n in graph._dynamic_config.digraph.order if isinstance(n, Package) and is_merge(n)]
    return nodes[::-1], False


def is_package(node):
    return getattr(node, "cpv", None) is not None


def is_merge(node):
    return getattr(node, "operation", None) == "merge"


class Ebuilds:
    """Reads what the ebuild itself says, before USE conditionals are evaluated."""

    def __init__(self, trees):
        self._trees = trees

    def metadata(self, package):
        if package.type_name != "ebuild":
            return {key: package._metadata.get(key, "") for key in METADATA}
        database = self._trees[package.root]["porttree"].dbapi
        values = database.aux_get(package.cpv, list(METADATA), myrepo=package.repo)
        return dict(zip(METADATA, values))

    def md5(self, package):
        """MD5 of the ebuild's file, as the metadata cache of a repository has it; None for a binary."""
        if package.type_name != "ebuild":
            return None
        database = self._trees[package.root]["porttree"].dbapi
        with open(database.findname(package.cpv, myrepo=package.repo), "rb") as file:
            return hashlib.md5(file.read()).hexdigest()


def describe(package, trees, ebuilds):
    """One entry of `packages`."""
    raw = ebuilds.metadata(package)
    flags = frozenset(package.iuse.all)
    enabled = frozenset(package.use.enabled)
    entry = {
        "cpv": str(package.cpv),
        "cp": str(package.cp),
        "category": str(package.category),
        "pn": str(package.cp).partition("/")[2],
        "version": str(package.version),
        "slot": str(package.slot),
        "subslot": str(package.sub_slot),
        "repository": str(package.repo),
        "eapi": str(package.eapi),
        "type": str(package.type_name),
        "root": "target" if package.root == trees._target_eroot else "build",
        "use": sorted(enabled & flags),
        "useFull": sorted(enabled),
        "iuse": raw["IUSE"].split(),
        "useMasked": sorted(flags & frozenset(package.use.mask)),
        "useForced": sorted(flags & frozenset(package.use.force)),
        "requiredUse": raw["REQUIRED_USE"],
        "dependencies": {key: " ".join(raw[key].split()) for key in DEPENDENCY_CLASSES if raw[key].strip()},
        "keywords": raw["KEYWORDS"].split(),
        "license": raw["LICENSE"],
        "restrict": raw["RESTRICT"].split(),
        "properties": raw["PROPERTIES"].split(),
        "definedPhases": raw["DEFINED_PHASES"].split(),
        "inherited": raw["INHERITED"].split(),
        "replaces": [str(old) for old in trees[package.root]["vartree"].dbapi.match(package.slot_atom)],
    }
    digest = ebuilds.md5(package)
    if digest is not None:
        entry["ebuildMd5"] = digest
    if package.built:
        entry["buildTime"] = package.build_time
        entry["buildId"] = package.cpv.build_id
    return entry


def edges_between(indices, graph, ebuilds):
    """Edges whose two ends are both merged, with Portage's kinds and the classes of the ebuild."""
    nodes = graph._dynamic_config.digraph.nodes
    parent_atoms = graph._dynamic_config._parent_atoms
    classes = DependencyClasses(ebuilds)
    edges = []
    for parent, number in indices.items():
        for child, priorities in nodes.get(parent, ({},))[0].items():
            if child not in indices:
                continue
            kinds = [kind for kind in EDGE_KINDS if any(getattr(p, kind, False) for p in priorities)]
            if any(getattr(p, "installtime", False) for p in priorities) and "runtime" not in kinds:
                kinds.append("runtime")
            atoms = sorted({str(atom) for who, atom in parent_atoms.get(child, ()) if who is parent})
            edges.append({
                "parent": number,
                "child": indices[child],
                "kinds": kinds,
                "classes": classes.of(parent, child),
                "atoms": atoms,
                "optional": all(getattr(p, "optional", False) for p in priorities),
            })
    return sorted(edges, key=lambda edge: (edge["parent"], edge["child"]))


class DependencyClasses:
    """Tells in which dependency classes of a parent (PMS 8.1) a child is named."""

    def __init__(self, ebuilds):
        self._ebuilds = ebuilds
        self._known = {}

    def of(self, parent, child):
        if parent not in self._known:
            self._known[parent] = dict(self._evaluated(parent))
        return [name for name, atoms in self._known[parent].items() if any(child.cp == a.cp for a in atoms)]

    def _evaluated(self, package):
        from portage.dep import Atom, use_reduce

        raw = self._ebuilds.metadata(package)
        for name in DEPENDENCY_CLASSES:
            parts = use_reduce(
                raw[name], uselist=package.use.enabled, is_valid_flag=package.iuse.is_valid_flag,
                flat=True, token_class=Atom, eapi=package.eapi,
            )
            yield name, [part for part in parts if isinstance(part, Atom) and not part.blocker]


def problems_of(graph):
    """Everything that emerge would have complained about, by class."""
    state = graph._dynamic_config
    for (_, atom), details in state._unsatisfied_deps_for_display:
        parent = details.get("myparent")
        # Otherwise it is an argument of the command line or a set.
        yield unsatisfied(atom, parent.cpv if is_package(parent) else None, graph)
    for package, (_, flips) in state._needed_use_config_changes.items():
        flags = [flag if on else f"-{flag}" for flag, on in sorted(flips.items())]
        line = f">={package.cpv} {' '.join(flags)}"
        yield dict(kind="use-change", cpv=str(package.cpv), flags=flags, line=line, text=f"package.use needs: {line}")
    for package in state._needed_unstable_keywords:
        yield change("keyword-change", package, f"={package.cpv} **", "package.accept_keywords")
    for package in state._needed_p_mask_changes:
        yield change("mask-change", package, f"={package.cpv}", "package.unmask")
    for package, licenses in state._needed_license_changes.items():
        yield change("license-change", package, f"={package.cpv} {' '.join(sorted(licenses))}", "package.license")
    for conflict in state._package_tracker.slot_conflicts():
        rivals = [str(package.cpv) for package in conflict]
        text = f"{' and '.join(rivals)} want the same slot {conflict.atom}"
        yield dict(kind="slot-conflict", slot=str(conflict.atom), packages=rivals, text=text)
    for blocker in state._unsatisfied_blockers_for_display or ():
        blocking = sorted(str(p.cpv) for p in state._blocker_parents.parent_nodes(blocker) if is_package(p))
        text = f"{' and '.join(blocking)} cannot be installed beside {str(blocker.atom).lstrip('!')}"
        yield dict(kind="blocker", atom=str(blocker.atom), packages=blocking, text=text)
    if state._buildpkgonly_deps_unsatisfied:
        yield dict(kind="unsatisfied", text="dependencies of a --buildpkgonly build are not installed")
    if state._circular_deps_for_display is not None:
        yield circular(graph)


def unsatisfied(atom, wanted_by, graph):
    """The problem of an atom that nothing satisfies, with what stands in the way of the nearest packages."""
    from portage import getmaskingstatus

    trees = graph._frozen_config.trees
    root = graph._frozen_config.target_root
    database = trees[root]["porttree"].dbapi
    masked = []
    for cpv in database.xmatch("match-all", atom.without_use):
        reasons = getmaskingstatus(cpv, settings=database.settings, portdb=database)
        if reasons:
            masked.append({"cpv": str(cpv), "reasons": [str(reason) for reason in reasons]})
    problem = {"kind": "unsatisfied", "atom": str(atom)}
    text = f"nothing satisfies {atom}"
    if masked:
        problem.update(kind="masked", candidates=masked)
        shown = ", ".join(f"{entry['cpv']}: {', '.join(entry['reasons'])}" for entry in masked)
        text = f"everything that satisfies {atom} is masked ({shown})"
    else:
        required = unmet_requirement(database.xmatch("bestmatch-visible", atom.without_use), root, graph)
        if required:
            problem.update(kind="required-use", requiredUse=required)
            text = f"the USE flags of {atom} do not satisfy its REQUIRED_USE: {required}"
    if wanted_by is not None:
        problem["requiredBy"] = str(wanted_by)
        text += f"; {wanted_by} needs it"
    problem["text"] = text
    return problem


def unmet_requirement(cpv, root, graph):
    """REQUIRED_USE of a package if its flags do not satisfy it, else an empty string."""
    from portage.dep import check_required_use

    if not cpv:
        return ""
    package = graph._pkg(cpv, "ebuild", graph._frozen_config.roots[root], myrepo=cpv.repo)
    required = package._metadata["REQUIRED_USE"]
    if check_required_use(required, package.use.enabled, package.iuse.is_valid_flag, eapi=package.eapi):
        return ""
    return required


def change(kind, package, line, file):
    return dict(kind=kind, cpv=str(package.cpv), line=line, text=f"{file} needs: {line}")


def circular(graph):
    from _emerge.resolver.circular_dependency import circular_dependency_handler

    handler = circular_dependency_handler(graph, graph._dynamic_config._circular_deps_for_display)
    cycle = [str(package.cpv) for package in handler.shortest_cycle or ()]
    suggestions = sorted(str(suggestion).strip() for suggestion in handler.suggestions)
    return dict(
        kind="circular", packages=cycle, suggestions=suggestions,
        text=f"circular dependencies: {' -> '.join(cycle)}" + "".join(f"; {s}" for s in suggestions),
    )


def displayed(graph):
    """What emerge would have printed about problems, at most TEXT_LIMIT characters."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        graph.display_problems()
    return text.getvalue()[-TEXT_LIMIT:]


def document_of(arguments):
    import portage

    started = time.monotonic()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            found, graph, trees, favorites, refused = resolve(arguments)
    finally:
        sys.stderr.write(said.getvalue())
    resolved = time.monotonic()
    order, ordered = merge_order(found, graph)
    ebuilds = Ebuilds(trees)
    indices = {package: number for number, package in enumerate(order)}
    text = displayed(graph)
    problems = refused + list(problems_of(graph))
    satisfied = bool(found) and not refused and graph._dynamic_config._circular_deps_for_display is None
    if not satisfied and not problems:
        words = (text or said.getvalue()).strip()[-UNKNOWN_TEXT_LIMIT:]
        problems.append({"kind": "unknown", "text": words or "Portage found no solution and did not say why"})
    return {
        "schema": SCHEMA,
        "schemaVersion": SCHEMA_VERSION,
        "portage": str(portage.VERSION),
        "ok": satisfied,
        "ordered": ordered,
        "arguments": arguments,
        "targets": sorted(str(favorite) for favorite in favorites or ()),
        "packages": [describe(package, trees, ebuilds) for package in order],
        "edges": edges_between(indices, graph, ebuilds),
        "problems": problems,
        "text": text,
        "seconds": {
            "resolve": round(resolved - started, 3),
            "describe": round(time.monotonic() - resolved, 3),
        },
    }


def without_answer(arguments, kind, text):
    """The document of a run that came to no merge list."""
    return {
        "schema": SCHEMA, "schemaVersion": SCHEMA_VERSION, "portage": "", "ok": False, "ordered": False,
        "arguments": arguments, "targets": [], "packages": [], "edges": [],
        "problems": [{"kind": kind, "text": text}], "text": "", "seconds": {},
    }


def main(arguments):
    # Only this stream is the answer; file descriptor 1 becomes standard error for Portage and its children.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        document = document_of(arguments)
        status = 0 if document["ok"] else 1
    except InvalidRequest as error:
        document, status = without_answer(arguments, "invalid-request", str(error)), 1
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        document, status = without_answer(arguments, "internal-error", f"{type(error).__name__}: {error}"), 2
    json.dump(document, answer, sort_keys=True)
    answer.write("\n")
    answer.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    # Portage's exit hooks would print and wait.
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
