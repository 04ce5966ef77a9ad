"""Lines for files under etc/portage that would settle a problem."""

from itertools import combinations

# More flags than these in a REQUIRED_USE are not tried out.
REQUIRED_USE_FLAGS = 16
REQUIRED_USE_FLIPS = 4
# How near a masked package is, by what would have to be accepted. What is not here cannot be accepted by a line.
NEARNESS = {"LICENSE": 1, "KEYWORDS": 2, "package.mask": 8}
MISSING_KEYWORD = "**"
MISSING_KEYWORD_COST = 4


def remedy(file, line):
    return {"file": file, "line": line}


def flag_words(flips):
    return [flag if on else f"-{flag}" for flag, on in sorted(flips.items())]


def exact_use_line(package, flips):
    return remedy("package.use", f"={package.cpv} {' '.join(flag_words(flips))}")


def use_line(package, flips, graph):
    """As emerge proposes it: later versions are included where this is the latest."""
    database = graph._frozen_config.roots[package.root].trees["porttree"].dbapi
    visible = database.xmatch("match-visible", _atom(package.cp))
    newer = [cpv for cpv in visible if _version(cpv) > _version(package.cpv)]
    if not newer:
        name = f">={package.cpv}"
    elif not any(cpv.slot == package.slot for cpv in newer):
        name = f">={package.cpv}:{package.slot}"
    else:
        name = f"={package.cpv}"
    return remedy("package.use", f"{name} {' '.join(flag_words(flips))}")


def nearest(masked):
    """Of masked packages, newest first, the one for which least has to be accepted; None if no line helps."""
    costs = [(_cost(reasons), i) for i, (_, reasons) in enumerate(masked)]
    costs = [(cost, i) for cost, i in costs if cost is not None]
    return masked[min(costs)[1]] if costs else None


def _cost(reasons):
    total = 0
    for reason in reasons:
        if reason.unmask_hint is None or reason.category not in NEARNESS:
            return None
        missing = reason.category == "KEYWORDS" and reason.unmask_hint.value == MISSING_KEYWORD
        total += MISSING_KEYWORD_COST if missing else NEARNESS[reason.category]
    return total


def unmask(package, reasons):
    """The lines that make a masked package visible."""
    lines = []
    for reason in reasons:
        if reason.category == "KEYWORDS":
            lines.append(remedy("package.accept_keywords", f"={package.cpv} {reason.unmask_hint.value}"))
        elif reason.category == "package.mask":
            lines.append(remedy("package.unmask", f"={package.cpv}"))
        elif reason.category == "LICENSE":
            names = " ".join(sorted(reason.unmask_hint.value))
            lines.append(remedy("package.license", f"={package.cpv} {names}"))
    return sorted(lines, key=lambda each: (each["file"], each["line"]))


def smallest_change(package, enabled, atom=None):
    """The fewest flags to change so that REQUIRED_USE holds; enabling goes before disabling, first flags first."""
    from portage.dep import get_required_use_flags

    required = package._metadata.get("REQUIRED_USE", "")
    mentioned = get_required_use_flags(required, eapi=package.eapi)
    words = list(dict.fromkeys(word.strip("!?") for word in required.split()))
    fixed = package.use.mask | package.use.force
    if atom is not None and atom.use is not None:
        fixed |= atom.use.enabled | atom.use.disabled
    free = [flag for flag in words if flag in mentioned and flag not in fixed][:REQUIRED_USE_FLAGS]
    # A flag that is on because it was listed first is kept longest.
    order = [flag for flag in free if flag not in enabled] + [flag for flag in reversed(free) if flag in enabled]
    for count in range(1, REQUIRED_USE_FLIPS + 1):
        for chosen in combinations(order, count):
            flips = {flag: flag not in enabled for flag in chosen}
            if allows(package, enabled, flips):
                return flips
    return None


def allows(package, enabled, flips):
    """True if the package may be built with these flags changed."""
    from portage.dep import check_required_use

    if any(flag in package.use.mask or flag in package.use.force for flag in flips):
        return False
    flags = set(enabled)
    for flag, on in flips.items():
        flags.add(flag) if on else flags.discard(flag)
    required = package._metadata.get("REQUIRED_USE", "")
    return not required or bool(
        check_required_use(required, flags, package.iuse.is_valid_flag, eapi=package.eapi)
    )


def for_conflict(sides, graph):
    """Alternatives of lines for rivals of one slot, each with who demands it: one of them may settle it."""
    newest = sides[-1][0]
    found = [[remedy("package.mask", f">={newest.cpv}{_slot(newest, graph)}")]]
    found += _dropping(sides, graph)
    for rival, _ in sides[:-1]:
        found.append([remedy("package.mask", f"={rival.cpv}")])
    found += [[remedy("package.mask", line)] for line in _replaceable_parents(sides, graph)]
    return found


def for_blocker(blocker, blocking, blocked, graph):
    """Alternatives of lines that keep one of two packages away from the other."""
    atoms = graph._dynamic_config._parent_atoms
    sides = [(package, sorted(atoms.get(package, ()), key=str)) for package in (*blocking, *blocked)]
    found = []
    for package in blocking:
        flips = dropping_flips(package, blocker.atom, graph)
        if flips:
            found.append([exact_use_line(package, flips)])
    found += _dropping(sides, graph)
    found += [[remedy("package.mask", f"={package.cpv}")] for package in (*blocked, *blocking)]
    found += [[remedy("package.mask", line)] for line in _replaceable_parents(sides, graph)]
    return found


def _dropping(sides, graph):
    """For each side the USE changes of its parents that remove its demand, if all of them can."""
    for _, pairs in sides:
        lines = []
        for parent, atom in pairs:
            flips = dropping_flips(parent, atom, graph) if getattr(parent, "cpv", None) else None
            if not flips:
                break
            lines.append(exact_use_line(parent, flips))
        else:
            if lines:
                yield sorted(lines, key=lambda each: each["line"])


def dropping_flips(package, atom, graph):
    """A flag whose change takes the atom out of the package's dependencies."""
    from portage.dep import Atom, extract_affecting_use, use_reduce

    if getattr(package, "built", True):
        return None
    text = " ".join(package._metadata[name] for name in ("DEPEND", "BDEPEND", "RDEPEND", "PDEPEND", "IDEPEND"))
    wanted = atom.unevaluated_atom
    enabled = graph._pkg_use_enabled(package)
    for flag in sorted(extract_affecting_use(text, wanted, eapi=package.eapi)):
        flips = {flag: flag not in enabled}
        flags = enabled - {flag} if flag in enabled else enabled | {flag}
        left = use_reduce(
            text, uselist=flags, is_valid_flag=package.iuse.is_valid_flag, flat=True, token_class=Atom,
            eapi=package.eapi,
        )
        if wanted not in left and allows(package, enabled, flips):
            return flips
    return None


def _replaceable_parents(sides, graph):
    """Masks for the versions of parents that have another version, newest side first."""
    for _, pairs in reversed(sides):
        for parent, _ in pairs:
            if not getattr(parent, "cpv", None):
                continue
            database = graph._frozen_config.roots[parent.root].trees["porttree"].dbapi
            if len(database.xmatch("match-visible", _atom(parent.cp))) > 1:
                yield f"={parent.cpv}"


def _slot(package, graph):
    """`:slot` where the package has other slots too, which are not meant."""
    database = graph._frozen_config.roots[package.root].trees["porttree"].dbapi
    slots = {cpv.slot for cpv in database.xmatch("match-all", _atom(package.cp))}
    return f":{package.slot}" if len(slots) > 1 else ""


def _atom(text):
    from portage.dep import Atom

    return Atom(str(text))


def _version(cpv):
    from portage.versions import vercmp
    from functools import cmp_to_key

    return cmp_to_key(vercmp)(cpv.version)
