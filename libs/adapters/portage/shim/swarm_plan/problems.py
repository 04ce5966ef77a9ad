"""Problems of a resolution: what each is, who wants it, and which targets lead to it."""

from swarm_plan import remedies
from swarm_plan.packages import is_package

# Names that look like a missing one are given if they are at least so similar.
SIMILARITY = 0.75
SIMILAR_NAMES = 3


class Problem:
    """One finding while it is being put together; `document()` is what goes out."""

    def __init__(self, kind, key, sentence, **fields):
        self.kind = kind
        self.key = (kind, str(key))
        self.sentence = sentence
        self.fields = fields
        # What a survey calls it: the atom, or the package.
        self.names = {str(key)}
        self.packages = set()
        self.parents = set()
        self.remedies = []
        # Targets that cannot be planned because of it.
        self.targets = set()
        # Alternatives of lines, of which one that settles it is still to be found.
        self.alternatives = []

    def add_parent(self, cpv, atom):
        self.parents.add((str(cpv), str(atom)))

    def join(self, other):
        """Takes in the same problem as another run has met it."""
        self.names |= other.names
        self.packages |= other.packages
        self.parents |= other.parents
        self.targets |= other.targets
        self.remedies = self.remedies or other.remedies
        self.alternatives = self.alternatives or other.alternatives

    def document(self, planned):
        """`planned`: CPVs that are in the plan all the same, and are not to be named as lost."""
        wanting = sorted({cpv for cpv, _ in self.parents if cpv})
        text = self.sentence
        if wanting and self.kind in ("unsatisfied", "masked", "required-use"):
            text += f"; {' and '.join(wanting)} {'needs' if len(wanting) == 1 else 'need'} it"
        fields = dict(self.fields)
        if wanting and "atom" in fields and self.kind != "blocker":
            fields["requiredBy"] = wanting[0]
        if len(self.remedies) == 1:
            fields["line"] = self.remedies[0]["line"]
        lost = self.packages if self.kind == "circular" else self.packages - planned
        return {
            "kind": self.kind,
            "text": text,
            "packages": sorted(lost),
            "parents": [{"cpv": cpv, "atom": atom} for cpv, atom in sorted(self.parents)],
            "remedies": self.remedies,
            **fields,
        }


def problems_of(resolution, request):
    """Everything that emerge would have complained about, by class."""
    state = resolution.state
    found = list(_unsatisfied(resolution, request))
    found += list(_assumed_changes(resolution))
    found += [_slot_conflict(conflict, resolution) for conflict in state._package_tracker.slot_conflicts()]
    # A cycle is found before blockers are looked at.
    blockers = state._unsatisfied_blockers_for_display or (
        state._unsolvable_blockers.leaf_nodes() if resolution.is_circular else ()
    )
    found += [_blocker(blocker, resolution) for blocker in blockers]
    if state._buildpkgonly_deps_unsatisfied:
        sentence = "dependencies of a --buildpkgonly build are not installed"
        found.append(Problem("unsatisfied", "--buildpkgonly", sentence))
    return found


def ancestors(graph, nodes):
    """All packages that lead to one of the nodes, these included, and the targets that do."""
    digraph = graph._dynamic_config.digraph
    packages, targets, stack, seen = set(), set(), list(nodes), set()
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if is_package(node):
            packages.add(node)
        elif hasattr(node, "arg"):
            targets.add(str(node.arg))
        if node in digraph:
            stack += digraph.parent_nodes(node)
    return packages, targets


def _blame(problem, graph, nodes):
    packages, targets = ancestors(graph, nodes)
    problem.packages |= {str(package.cpv) for package in packages}
    problem.targets |= targets


def _add_parents(problem, pairs):
    for parent, atom in pairs:
        problem.add_parent(parent.cpv if is_package(parent) else "", atom)


def _unsatisfied(resolution, request):
    is_target = False
    for (root, atom), details in resolution.state._unsatisfied_deps_for_display:
        parent = details.get("myparent")
        is_target = is_target or not is_package(parent)
        problem = unsatisfied(atom, root, details.get("show_req_use"), resolution, request)
        problem.add_parent(parent.cpv if is_package(parent) else "", atom)
        if parent is not None:
            _blame(problem, resolution.graph, [parent])
        yield problem
    if is_target and not request.takes_binaries:
        yield from _hopeless_targets(resolution, request)


def _hopeless_targets(resolution, request):
    """Portage stops at the first target that it cannot have; these are all of them."""
    from portage.dep import Atom

    root = resolution.graph._frozen_config.target_root
    for target in resolution.targets:
        if "/" not in target or target.startswith("/"):
            continue
        atom = Atom(target, allow_repo=True)
        if request.database.xmatch("match-visible", atom.without_use):
            continue
        problem = unsatisfied(atom, root, None, resolution, request)
        problem.add_parent("", target)
        problem.targets.add(target)
        yield problem


def unsatisfied(atom, root, unmet, resolution, request):
    """The problem of an atom that nothing satisfies, with what stands in the way of the nearest packages."""
    graph = resolution.graph
    candidates = list(_candidates(atom, root, graph))
    masked = [(package, reasons) for package, reasons in candidates if reasons]
    if unmet is not None or (candidates and not masked):
        unmet = unmet or next((package for package, _ in candidates if _has_unmet_use(package)), None)
        if unmet is not None:
            return _required_use(atom, unmet, graph)
    if candidates and len(masked) == len(candidates):
        return _masked(atom, masked, graph)
    if candidates:
        return _unfit(atom, candidates, graph)
    sentence = f"nothing satisfies {atom}"
    similar = [] if request.database.cp_list(atom.cp) else _similar_names(atom.cp, request.database)
    versions = [str(cpv) for cpv in request.database.cp_list(atom.cp)]
    if versions:
        sentence += f": there is only {', '.join(versions)}"
    else:
        sentence += f": there is no package {atom.cp}"
    if similar:
        sentence += f", but {' and '.join(similar)}"
    problem = Problem("unsatisfied", atom, sentence, atom=str(atom))
    problem.fields.update({"similar": similar} if similar else {})
    return problem


def _candidates(atom, root, graph):
    """Ebuilds that the atom names, flags aside, newest first, with the reasons for which each is masked."""
    from _emerge.depgraph import _get_masking_status

    config = graph._frozen_config.roots[root]
    database = config.trees["porttree"].dbapi
    settings = graph._frozen_config.pkgsettings[root]
    for cpv in reversed(database.xmatch("match-all", atom.without_use)):
        package = graph._pkg(cpv, "ebuild", config, myrepo=cpv.repo)
        yield package, _get_masking_status(package, settings, config, use=graph._pkg_use_enabled(package))


def _masked(atom, masked, graph):
    shown = [{"cpv": str(p.cpv), "reasons": _messages(reasons)} for p, reasons in masked]
    described = ", ".join(f"{entry['cpv']}: {', '.join(entry['reasons'])}" for entry in shown)
    sentence = f"everything that satisfies {atom} is masked ({described})"
    best = remedies.nearest(masked)
    # The same package under other atoms is the same problem.
    problem = Problem("masked", atom if best is None else best[0].cpv, sentence, atom=str(atom), candidates=shown)
    problem.names = {str(atom)}
    if best is not None:
        package, reasons = best
        problem.remedies = remedies.unmask(package, reasons)
    problem.packages.add(str((best or masked[0])[0].cpv))
    return problem


def _messages(reasons):
    """An EAPI that is not supported says all: what else was read of such an ebuild means nothing."""
    of_eapi = [reason.message for reason in reasons if reason.category == "EAPI"]
    return of_eapi or [reason.message for reason in reasons]


def _required_use(atom, package, graph):
    required = " ".join(package._metadata["REQUIRED_USE"].split())
    enabled = graph._pkg_use_enabled(package)
    sentence = f"the USE flags of {package.cpv} do not satisfy its REQUIRED_USE: {required}"
    problem = Problem(
        "required-use", package.cpv, sentence, atom=str(atom), cpv=str(package.cpv), requiredUse=required,
    )
    flips = remedies.smallest_change(package, enabled, atom)
    if flips:
        problem.remedies = [remedies.use_line(package, flips, graph)]
    problem.packages.add(str(package.cpv))
    return problem


def _has_unmet_use(package):
    from portage.dep import check_required_use

    required = package._metadata.get("REQUIRED_USE", "")
    return bool(required) and not check_required_use(
        required, package.use.enabled, package.iuse.is_valid_flag, eapi=package.eapi,
    )


def _unfit(atom, candidates, graph):
    """Packages are there and visible, but not with the flags that the atom wants, or not together with others."""
    shown = []
    for package, reasons in candidates:
        why = [reason.message for reason in reasons]
        wanted = atom.use
        if wanted is not None:
            missing = sorted(package.iuse.get_missing_iuse(wanted.required))
            held = sorted(
                (wanted.enabled & package.use.mask) | (wanted.disabled & package.use.force)
            )
            why += [f"has no USE flag {flag}" for flag in missing]
            why += [f"the profile holds USE flag {flag}" for flag in held]
            enabled = graph._pkg_use_enabled(package)
            why += [f"USE flag {flag} is off" for flag in sorted((wanted.enabled & package.iuse.all) - enabled)]
            why += [f"USE flag {flag} is on" for flag in sorted(wanted.disabled & enabled)]
        left_out = graph._dynamic_config._runtime_pkg_mask.get(package, {})
        why += [f"left out: {reason}" for reason in sorted(left_out)]
        shown.append({"cpv": str(package.cpv), "reasons": why})
    described = ", ".join(f"{entry['cpv']}: {', '.join(entry['reasons'])}" for entry in shown if entry["reasons"])
    sentence = f"nothing satisfies {atom}" + (f" ({described})" if described else "")
    return Problem("unsatisfied", atom, sentence, atom=str(atom), candidates=shown)


def _similar_names(name, database):
    """The same name in another category, else names spelled alike."""
    import difflib

    known = {}
    for cp in sorted(database.cp_all()):
        known.setdefault(cp.partition("/")[2], []).append(cp)
    pn = name.partition("/")[2]
    alike = [pn] if pn in known else difflib.get_close_matches(pn, known, SIMILAR_NAMES, SIMILARITY)
    return [cp for each in alike for cp in known[each]][:SIMILAR_NAMES]


def _assumed_changes(resolution):
    """Packages that Portage could only include by assuming another configuration."""
    graph, state = resolution.graph, resolution.state
    for package, (_, flips) in state._needed_use_config_changes.items():
        if package not in state.digraph:
            continue
        remedy = remedies.use_line(package, flips, graph)
        flags = remedies.flag_words(flips)
        problem = Problem("use-change", package.cpv, f"package.use needs: {remedy['line']}", flags=flags)
        demanding = _demanding(package, state, lambda atom: atom.match(package))
        yield _change(problem, package, [remedy], demanding, graph)
    changes = (
        ("keyword-change", "package.accept_keywords", state._needed_unstable_keywords),
        ("mask-change", "package.unmask", state._needed_p_mask_changes),
        ("license-change", "package.license", state._needed_license_changes),
    )
    for kind, file, packages in changes:
        for package in packages:
            if package not in state.digraph:
                continue
            reasons = next(r for p, r in _candidates(_exact(package), package.root, graph) if p == package)
            lines = [remedy for remedy in remedies.unmask(package, reasons) if remedy["file"] == file]
            words = " and ".join(remedy["line"] for remedy in lines)
            problem = Problem(kind, package.cpv, f"{file} needs: {words}")
            database = graph._frozen_config.roots[package.root].trees["porttree"].dbapi
            demanding = _demanding(package, state, lambda atom: database.xmatch("match-visible", atom))
            yield _change(problem, package, lines, demanding, graph)


def _change(problem, package, lines, demanding, graph):
    problem.fields["cpv"] = str(package.cpv)
    problem.remedies = lines
    _add_parents(problem, demanding)
    _blame(problem, graph, [parent for parent, _ in demanding])
    problem.packages.add(str(package.cpv))
    return problem


def _exact(package):
    from portage.dep import Atom

    return Atom(f"={package.cpv}::{package.repo}", allow_repo=True)


def _demanding(package, state, is_content):
    """Who wants a package in a way that is not satisfied as things stand; all that want it if nobody does."""
    pairs = sorted(state._parent_atoms.get(package, ()), key=lambda pair: (str(pair[0]), str(pair[1])))
    return [pair for pair in pairs if not is_content(pair[1])] or pairs


def _slot_conflict(conflict, resolution):
    graph, state = resolution.graph, resolution.state
    rivals = sorted(conflict, key=lambda package: package.version and package)
    names = [str(package.cpv) for package in rivals]
    sentence = f"{' and '.join(names)} want the same slot {conflict.atom}"
    problem = Problem("slot-conflict", conflict.atom, sentence, slot=str(conflict.atom), rivals=names)
    problem.packages |= set(names)
    sides = []
    for rival in rivals:
        others = [other for other in rivals if other is not rival]
        pairs = _demanding(rival, state, lambda atom: all(atom.match(other) for other in others))
        _add_parents(problem, pairs)
        packages, targets = ancestors(graph, [parent for parent, _ in pairs])
        sides.append((rival, pairs, packages, targets))
    for rival, pairs, _, _ in sides:
        wanting = sorted({f"{p.cpv if is_package(p) else 'the request'} wants {atom}" for p, atom in pairs})
        problem.sentence += f"; {', '.join(wanting)}"
    # The side that most targets are on stays; of equals the newest.
    kept = max(range(len(sides)), key=lambda i: (len(sides[i][3]), i))
    for i, (_, _, packages, targets) in enumerate(sides):
        if i != kept:
            problem.targets |= targets
            problem.packages |= {str(package.cpv) for package in packages}
    if not problem.targets:
        problem.targets = set.union(*(targets for _, _, _, targets in sides))
    problem.fields["wants"] = sorted(set.union(*(targets for _, _, _, targets in sides)))
    problem.alternatives = remedies.for_conflict([(rival, pairs) for rival, pairs, _, _ in sides], graph)
    return problem


def _blocker(blocker, resolution):
    graph, state = resolution.graph, resolution.state
    blocking = [p for p in state._blocker_parents.parent_nodes(blocker) if is_package(p)]
    blocked = [p for p in state._blocked_pkgs.child_nodes(blocker) if is_package(p)]
    names = [sorted(str(package.cpv) for package in side) for side in (blocking, blocked)]
    sentence = f"{' and '.join(names[0])} cannot be installed beside {' and '.join(names[1]) or blocker.atom}"
    problem = Problem(
        "blocker", blocker.atom, sentence, atom=str(blocker.atom), blocking=names[0], blocked=names[1],
    )
    problem.packages |= {*names[0], *names[1]}
    for package in blocking:
        problem.add_parent(package.cpv, blocker.atom)
    for package in blocked:
        _add_parents(problem, state._parent_atoms.get(package, ()))
    sides = [ancestors(graph, side) for side in (blocking, blocked)]
    packages, targets = min((side for side in sides if side[1]), key=lambda side: len(side[1]), default=(set(), set()))
    problem.targets |= targets
    problem.packages |= {str(package.cpv) for package in packages}
    problem.fields["wants"] = sorted(sides[0][1] | sides[1][1])
    problem.alternatives = remedies.for_blocker(blocker, blocking, blocked, graph)
    return problem
