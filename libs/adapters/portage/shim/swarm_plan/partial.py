"""Plans what can be planned: targets that lead to trouble are put aside, and the rest is resolved again."""

import time

from swarm_plan.cycles import cycles_of
from swarm_plan.problems import Problem, ancestors, problems_of
from swarm_plan.sources import DEPENDENCY_CLASSES

# How often the rest is resolved again before the targets are looked at one by one.
ROUNDS = 20
# So many targets are looked at alone; what is beyond is put aside unseen.
SINGLE_TARGETS = 500
# Of the targets that were put aside so many are tried again with the others.
RETRIES = 24
RETRY_SECONDS = 30
# How often the lines of all problems are tried out together, to see what comes after them.
FOLLOW_UPS = 4
# Of the targets that seem hopeless so many are tried alone before a line is withheld.
DOUBTFUL_TARGETS = 3
# Of the ways to open a cycle so many are tried out.
OPENINGS = 4
UNKNOWN_TEXT_LIMIT = 2000


class Plan:
    """What is planned, what is put aside, and why."""

    def __init__(self, resolution):
        self.resolution = resolution
        self.problems = []
        self.aside = {}
        # True when all remedies together were seen to make every target possible; None if that was not tried.
        self.settled = None

    def add(self, problem):
        """Keeps each problem once."""
        for known in self.problems:
            if known.key == problem.key:
                known.join(problem)
                return known
        self.problems.append(problem)
        return problem


def plan_for(request):
    """Resolves a request as far as it goes."""
    plan = Plan(None)
    targets = _plausible(request, plan)
    for _ in range(ROUNDS):
        plan.resolution = request.resolve(targets) if targets else None
        found = _diagnosed(plan.resolution, request) if targets and not plan.resolution.found else []
        if not targets or _is_sound(plan.resolution, found):
            _take_back(plan, request, targets)
            break
        culprits = _put_aside(plan, found, targets)
        if not culprits:
            _one_by_one(plan, request, targets)
            break
        targets = [target for target in targets if target not in culprits]
    else:
        _one_by_one(plan, request, targets)
    if plan.resolution is not None and plan.resolution.is_circular:
        for cycle in cycles_of(plan.resolution):
            plan.add(cycle)
    return plan


def _is_sound(resolution, found):
    """True for what can be built; a cycle is left to those who build."""
    return resolution.found or (resolution.is_circular and not found)


def _take_back(plan, request, targets):
    """
    Blame goes by one graph, in which a package may have been chosen that is not the only choice: a target that
    can be had alone, and then with the others, is planned after all.
    """
    kept = list(targets)
    until = time.monotonic() + RETRY_SECONDS
    doubtful = [target for target in request.targets if target in plan.aside and _has_choice(plan, target, request)]
    for target in doubtful[:RETRIES]:
        if time.monotonic() > until:
            break
        if _resolved(request, [target]) is None:
            continue
        together = [each for each in request.targets if each in kept or each == target]
        resolution = _resolved(request, together)
        if resolution is not None:
            plan.resolution, kept = resolution, together
            del plan.aside[target]
    blamed = {id(problem) for problem in plan.aside.values()}
    for problem in list(plan.problems):
        problem.targets -= set(kept)
        if id(problem) not in blamed and not problem.targets & set(plan.aside):
            plan.problems.remove(problem)


def _has_choice(plan, target, request):
    """False if all that leads from a target to its problem is the only version there is, and no alternative."""
    from portage.versions import cpv_getkey

    problem = plan.aside[target]
    if problem.kind == "invalid-request":
        return False
    if problem.kind in ("slot-conflict", "blocker") or request.takes_binaries:
        return True
    for cpv in problem.packages:
        if len(request.database.cp_list(cpv_getkey(cpv))) > 1:
            return True
        if "||" in " ".join(request.database.aux_get(cpv, list(DEPENDENCY_CLASSES))):
            return True
    return False


def _resolved(request, targets):
    """A resolution without problems other than cycles, or nothing."""
    resolution = request.resolve(targets)
    found = [] if resolution.found else problems_of(resolution, request)
    return resolution if _is_sound(resolution, found) else None


def _plausible(request, plan):
    """The targets that are package names at all; the others are put aside."""
    from portage.dep import isvalidatom

    plausible = []
    for target in request.targets:
        if isvalidatom(target, allow_repo=True) or isvalidatom(f"null/{target}", allow_repo=True) or "/" == target[:1]:
            plausible.append(target)
            continue
        problem = Problem("invalid-request", target, f"{target} is no package atom, no set and no file")
        problem.targets.add(target)
        problem.add_parent("", target)
        plan.aside[target] = plan.add(problem)
    return plausible


def _diagnosed(resolution, request):
    """The problems of a failed run, with all targets that lead to each, also those it did not come to."""
    found = problems_of(resolution, request)
    shown = [problem for problem in found if problem.targets] or found
    if any(problem.kind == "unsatisfied" and _is_left_out(problem) for problem in found):
        # Backtracking hid what it backtracked from.
        plain = request.resolve(resolution.targets, {"--backtrack": 0})
        conflicts = [] if plain.found else [p for p in problems_of(plain, request) if p.kind == "slot-conflict"]
        shown = conflicts or shown
    if any(problem.kind in ("unsatisfied", "masked", "required-use") for problem in shown):
        _find_the_others(shown, resolution, request)
    return shown


def _is_left_out(problem):
    reasons = [reason for each in problem.fields.get("candidates", ()) for reason in each["reasons"]]
    return any(reason.startswith("left out: slot conflict") for reason in reasons)


def _find_the_others(found, resolution, request):
    """Portage stops at the first thing that is unsatisfied; a survey tells which other targets come to the same."""
    survey = request.survey(resolution.targets)
    state = survey.state
    wanting = [(str(dep.atom), dep.parent) for dep in state._unsatisfied_deps]
    wanting += [
        (str(details["show_req_use"].cpv), details["show_req_use"])
        for _, details in state._unsatisfied_deps_for_display if details.get("show_req_use")
    ]
    for problem in found:
        for name, node in wanting:
            if name not in problem.names:
                continue
            packages, targets = ancestors(survey.graph, [node])
            problem.targets |= targets
            problem.packages |= {str(package.cpv) for package in packages}
            if problem.kind != "required-use" and getattr(node, "cpv", None):
                problem.add_parent(node.cpv, name)


def _put_aside(plan, found, targets):
    """Takes in problems; returns the targets that cannot stay."""
    culprits = set()
    for problem in found:
        known = plan.add(problem)
        for target in problem.targets & set(targets):
            culprits.add(target)
            plan.aside.setdefault(target, known)
    return culprits


def _one_by_one(plan, request, targets):
    """The last resort: each target alone, then together those that can be had alone."""
    good = []
    for number, target in enumerate(targets):
        alone = request.resolve([target]) if number < SINGLE_TARGETS else None
        found = _diagnosed(alone, request) if alone is not None and not alone.found else []
        if alone is not None and _is_sound(alone, found):
            good.append(target)
            continue
        for problem in found or [_unknown(target, alone)]:
            problem.targets.add(target)
            plan.aside.setdefault(target, plan.add(problem))
    plan.resolution = request.resolve(good) if good else None
    found = [] if plan.resolution is None or plan.resolution.found else problems_of(plan.resolution, request)
    if plan.resolution is None or _is_sound(plan.resolution, found):
        return
    for problem in found or [_unknown(" ".join(good), plan.resolution)]:
        problem.targets |= set(good)
        _put_aside(plan, [problem], good)
    plan.resolution = None


def _unknown(target, resolution):
    from swarm_plan.document import displayed

    words = displayed(resolution.graph).strip()[-UNKNOWN_TEXT_LIMIT:] if resolution is not None else ""
    problem = Problem("unknown", target, words or f"Portage found no solution for {target} and did not say why")
    problem.add_parent("", target)
    return problem


def settle(plan, request, trials):
    """Finds the lines that settle the problems, by trying them out, and what comes to light once they are there."""
    for problem in plan.problems:
        _choose(problem, plan, request, trials)
    if plan.aside:
        _follow_up(plan, request, trials)
    # A line that leads only to what nothing settles would do harm and no good.
    hopeless = _hopeless(plan)
    lines = _lines(plan.problems)
    for problem in plan.problems:
        blamed = problem.targets & set(plan.aside)
        if problem.kind == "circular" or not problem.remedies or not blamed or not blamed <= hopeless:
            continue
        if not any(_settles(lines, [target], trials) for target in sorted(blamed)[:DOUBTFUL_TARGETS]):
            problem.remedies = []


def _follow_up(plan, request, trials):
    for _ in range(FOLLOW_UPS):
        lines = _lines(plan.problems)
        if not lines or trials.exhausted:
            return
        targets = [target for target in request.targets if target not in _hopeless(plan)]
        if not targets:
            return
        answer = trials.resolve(lines, targets)
        if answer is None:
            return
        resolution, changed = answer
        found = [] if resolution.found else _diagnosed(resolution, changed)
        if _is_sound(resolution, found):
            plan.settled = len(targets) == len(request.targets)
            return
        known = {problem.key for problem in plan.problems}
        new = [problem for problem in found if problem.key not in known]
        if not new:
            return
        for problem in new:
            _choose(plan.add(problem), plan, request, trials)


def _hopeless(plan):
    """Targets with a problem that no line settles."""
    return {target for problem in plan.problems if not problem.remedies for target in problem.targets & set(plan.aside)}


def _lines(problems):
    lines = [each for problem in problems if problem.kind != "circular" for each in problem.remedies]
    return list({(each["file"], each["line"]): each for each in lines}.values())


def _choose(problem, plan, request, trials):
    """Of alternatives the first that was seen to settle the problem."""
    if not problem.alternatives:
        return
    if problem.kind == "circular":
        # Portage knows that each of them opens this cycle; there may be another behind it.
        problem.remedies = problem.alternatives[0]
        targets = [target for target in request.targets if target not in plan.aside]
        if len(problem.alternatives) > 1:
            good = (lines for lines in problem.alternatives[:OPENINGS] if _opens(lines, targets, trials))
            problem.remedies = next(good, problem.remedies)
        return
    others = _lines(each for each in plan.problems if each is not problem)
    targets = problem.fields.get("wants") or sorted(problem.targets)
    for lines in problem.alternatives:
        if _settles(lines, targets, trials) or (others and _settles([*others, *lines], targets, trials)):
            problem.remedies = lines
            return


def _settles(lines, targets, trials):
    """True if these lines make the targets possible; a cycle is left to those who build."""
    answer = trials.resolve(lines, targets)
    if answer is None:
        return False
    resolution, changed = answer
    return _is_sound(resolution, [] if resolution.found else problems_of(resolution, changed))


def _opens(lines, targets, trials):
    answer = trials.resolve(lines, targets)
    return answer is not None and answer[0].found
