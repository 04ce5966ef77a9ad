#!/usr/bin/env python3
"""plan.py <emerge options and atoms>: what `emerge --pretend` would do, as one JSON document.

The document goes to standard output, always exactly one, also after a failure; everything that
Portage prints goes to standard error. The format is described in docs/plan-format.md.

Exit status: 0 the request can be satisfied, 1 it cannot (see `problems`), 2 Portage itself failed.

`plan.py --self-test` resolves a small repository of its own and says whether the answer is right.

SWARM_PLAN_ONE_ROOT=1 resolves build tools (BDEPEND, IDEPEND) in ROOT too, as on a machine whose
ROOT is `/`.
"""

import json
import os
import sys
import traceback

# The shim may lie where it must not write.
sys.dont_write_bytecode = True

from swarm_plan.document import document_of, without_answer  # noqa: E402
from swarm_plan.portage_api import PortageChanged  # noqa: E402
from swarm_plan.request import InvalidRequest  # noqa: E402

SELF_TEST = "--self-test"


def answer_to(arguments):
    """The document and the exit status."""
    try:
        document = document_of(arguments)
        return document, 0 if document["ok"] else 1
    except InvalidRequest as error:
        return without_answer(arguments, "invalid-request", str(error)), 1
    except PortageChanged as error:
        return without_answer(arguments, "internal-error", str(error)), 2
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        return without_answer(arguments, "internal-error", f"{type(error).__name__}: {error}"), 2


def main(arguments):
    # Only this stream is the answer; file descriptor 1 becomes standard error for Portage and its children.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    document, status = answer_to(arguments)
    json.dump(document, answer, sort_keys=True)
    answer.write("\n")
    answer.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    # Portage's exit hooks would print and wait.
    os._exit(status)


if __name__ == "__main__":
    if sys.argv[1:] == [SELF_TEST]:
        from swarm_plan.self_test import run

        sys.exit(run())
    main(sys.argv[1:])
