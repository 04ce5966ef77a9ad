"""The document: what `docs/plan-format.md` describes."""

import contextlib
import io
import sys
import time

from swarm_plan import portage_api
from swarm_plan.packages import Describer, edges_between, merge_order
from swarm_plan.partial import plan_for, settle
from swarm_plan.request import Request
from swarm_plan.sources import Digests, Ebuilds, Environments, repositories_of
from swarm_plan.trial import Trials

SCHEMA = "build-swarm.plan"
SCHEMA_VERSION = 2
TEXT_LIMIT = 64 * 1024
# In the order in which a person should look at them.
KINDS = (
    "invalid-request", "unsatisfied", "masked", "required-use", "use-change", "keyword-change", "mask-change",
    "license-change", "slot-conflict", "blocker", "circular", "unknown",
)


def document_of(arguments):
    """Resolves; returns the document."""
    started = time.monotonic()
    portage_api.require_modules()
    with portage_speaks_to_stderr():
        request = Request(arguments)
        plan = plan_for(request)
        resolved = time.monotonic()
        if plan.problems:
            settle(plan, request, Trials(request))
        settled = time.monotonic()
        contents = _contents(plan, request)
        problems, aside = _problems(plan, contents)
        text = displayed(plan.resolution.graph) if plan.resolution and not plan.resolution.found else ""
    document = {
        "schema": SCHEMA,
        "schemaVersion": SCHEMA_VERSION,
        "portage": portage_api.version(),
        "warnings": portage_api.warnings(),
        "ok": plan.resolution is not None and plan.resolution.found and not plan.aside,
        "arguments": arguments,
        "targets": request.targets,
        "repositories": repositories_of(request.settings),
        **contents,
        "problems": problems,
        "setAside": aside,
        "text": text,
        "seconds": {
            "resolve": round(resolved - started, 3),
            "settle": round(settled - resolved, 3),
            "describe": round(time.monotonic() - settled, 3),
        },
    }
    if plan.settled is not None:
        document["settled"] = plan.settled
    return document


def _contents(plan, request):
    """Packages, edges and environments."""
    ebuilds = Ebuilds(request.trees)
    environments = Environments(request.trees)
    describer = Describer(request.trees, ebuilds, Digests(ebuilds), environments)
    if plan.resolution is None:
        return {"ordered": True, "packages": [], "edges": [], "environments": []}
    order, ordered = merge_order(plan.resolution.found, plan.resolution.graph)
    indices = {package: number for number, package in enumerate(order)}
    return {
        "ordered": ordered,
        "packages": [describer.describe(package) for package in order],
        "edges": edges_between(indices, plan.resolution.graph, ebuilds),
        "environments": environments.all,
    }


def _problems(plan, contents):
    """Problems in a fixed order, and the targets that are put aside with the number of their reason."""
    ordered = sorted(plan.problems, key=lambda problem: (KINDS.index(problem.kind), problem.key))
    planned = {package["cpv"] for package in contents["packages"]}
    numbers = {id(problem): number for number, problem in enumerate(ordered)}
    aside = [{"target": target, "because": numbers[id(problem)]} for target, problem in sorted(plan.aside.items())]
    return [problem.document(planned) for problem in ordered], aside


def without_answer(arguments, kind, text):
    """The document of a run that came to no merge list."""
    problem = {"kind": kind, "text": text, "packages": [], "parents": [], "remedies": []}
    return {
        "schema": SCHEMA, "schemaVersion": SCHEMA_VERSION, "portage": "", "warnings": [], "ok": False,
        "ordered": False, "arguments": arguments, "targets": [], "repositories": [], "packages": [], "edges": [],
        "environments": [], "problems": [problem], "setAside": [], "text": "", "seconds": {},
    }


def displayed(graph):
    """What emerge would have printed about problems, at most TEXT_LIMIT characters."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        graph.display_problems()
    return text.getvalue()[-TEXT_LIMIT:]


@contextlib.contextmanager
def portage_speaks_to_stderr():
    """Collects what Portage prints while it thinks, and passes it on afterwards."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield
    finally:
        sys.stderr.write(said.getvalue())
