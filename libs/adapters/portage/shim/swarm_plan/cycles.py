"""Circular dependencies: each knot once, with its shortest cycle and the USE changes that open it."""

from swarm_plan import remedies
from swarm_plan.problems import Problem


def cycles_of(resolution):
    """The problems of packages that wait for each other; none of them keeps anything out of the plan."""
    graph = resolution.state._circular_deps_for_display
    if graph is None:
        return []
    return [_cycle(graph, knot, resolution.graph) for knot in _knots(graph)]


def _cycle(whole, knot, depgraph):
    from _emerge.resolver.circular_dependency import circular_dependency_handler

    graph = whole.copy()
    graph.difference_update([node for node in whole if node not in knot])
    handler = circular_dependency_handler(depgraph, graph)
    shortest = list(handler.shortest_cycle or sorted(knot, key=str))
    # From a fixed member on, so that the same cycle is always told in the same words.
    start = shortest.index(min(shortest, key=lambda package: str(package.cpv)))
    cycle = shortest[start:] + shortest[:start]
    names = [str(package.cpv) for package in cycle]
    changes = _openings(handler)
    suggestions = [f"{package.cpv} (Change USE: {' '.join(remedies.flag_words(flips))})" for package, flips in changes]
    sentence = f"circular dependencies: {' -> '.join(names)}" + "".join(f"; {s}" for s in suggestions)
    problem = Problem(
        "circular", " ".join(names), sentence, cycle=names, suggestions=suggestions,
        knot=sorted(str(package.cpv) for package in knot),
    )
    problem.packages = set(names)
    for i, package in enumerate(cycle):
        parent = cycle[i - 1]
        for who, atom in depgraph._dynamic_config._parent_atoms.get(package, ()):
            if who == parent:
                problem.add_parent(parent.cpv, atom)
    problem.alternatives = [[remedies.exact_use_line(package, flips)] for package, flips in changes]
    return problem


def _openings(handler):
    """Pairs of a package and the flags whose change takes it out of its shortest cycle."""
    cycle = handler.shortest_cycle or ()
    found = []
    for i, package in enumerate(cycle):
        for solution in (handler.solutions or {}).get(package, ()):
            if solution:
                found.append((cycle[i - 1], dict(solution)))
    # Few flags before many; switching off before switching on.
    return sorted(found, key=lambda each: (len(each[1]), any(each[1].values()), str(each[0].cpv), sorted(each[1])))


def _knots(graph):
    """Strongly connected components of more than one package, by Tarjan's algorithm without recursion."""
    from _emerge.DepPrioritySatisfiedRange import DepPrioritySatisfiedRange

    ignored = DepPrioritySatisfiedRange.ignore_medium_soft
    number, low, path, on_path, knots = {}, {}, [], set(), []
    for start in sorted(graph, key=str):
        if start in number:
            continue
        stack = [(start, iter(graph.child_nodes(start, ignore_priority=ignored)))]
        number[start] = low[start] = len(number)
        path.append(start)
        on_path.add(start)
        while stack:
            node, children = stack[-1]
            for child in children:
                if child not in number:
                    number[child] = low[child] = len(number)
                    path.append(child)
                    on_path.add(child)
                    stack.append((child, iter(graph.child_nodes(child, ignore_priority=ignored))))
                    break
                if child in on_path:
                    low[node] = min(low[node], number[child])
            else:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[node])
                if low[node] == number[node]:
                    at = path.index(node)
                    knot = set(path[at:])
                    del path[at:]
                    on_path -= knot
                    if len(knot) > 1:
                        knots.append(knot)
    return sorted(knots, key=lambda knot: sorted(str(package.cpv) for package in knot))
