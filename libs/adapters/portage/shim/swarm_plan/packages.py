"""The packages of a plan and the edges between them."""

from swarm_plan.sources import DEPENDENCY_CLASSES

EDGE_KINDS = ("buildtime", "buildtime_slot_op", "runtime", "runtime_slot_op", "runtime_post")


def is_package(node):
    return getattr(node, "cpv", None) is not None


def is_merge(node):
    return getattr(node, "operation", None) == "merge"


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


class Describer:
    """Makes the entries of `packages`."""

    def __init__(self, trees, ebuilds, digests, environments):
        self._trees = trees
        self._ebuilds = ebuilds
        self._digests = digests
        self._environments = environments

    def describe(self, package):
        raw = self._ebuilds.metadata(package)
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
            "root": "target" if package.root == self._trees._target_eroot else "build",
            "use": sorted(enabled & flags),
            "useFull": sorted(enabled),
            "iuse": raw["IUSE"].split(),
            "useMasked": sorted(flags & frozenset(package.use.mask)),
            "useForced": sorted(flags & frozenset(package.use.force)),
            "requiredUse": " ".join(raw["REQUIRED_USE"].split()),
            "dependencies": {key: " ".join(raw[key].split()) for key in DEPENDENCY_CLASSES if raw[key].strip()},
            "keywords": raw["KEYWORDS"].split(),
            "license": " ".join(raw["LICENSE"].split()),
            "restrict": raw["RESTRICT"].split(),
            "properties": raw["PROPERTIES"].split(),
            "definedPhases": raw["DEFINED_PHASES"].split(),
            "inherited": raw["INHERITED"].split(),
            "replaces": [str(old) for old in self._trees[package.root]["vartree"].dbapi.match(package.slot_atom)],
            "environment": self._environments.number(package),
        }
        md5 = self._digests.ebuild_md5(package)
        if md5 is not None:
            entry["ebuildMd5"] = md5
        source = self._digests.source(package)
        if source is not None:
            entry["sourceDigest"] = source
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
            atoms = sorted({str(atom) for who, atom in parent_atoms.get(child, ()) if who == parent})
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
