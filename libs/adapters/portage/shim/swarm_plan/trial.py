"""Tries lines out: the same request, resolved under a copy of the configuration that has them."""

import contextlib
import os
import shutil
import sys
import tempfile
import time

from swarm_plan.request import Request

# A plan with many troubles must still come in time.
TRIALS = 24
TRIAL_SECONDS = 120
# What lies under etc/portage and says nothing about which packages there are.
NOT_COPIED = ("gnupg", "patches", "postsync.d", "repo.postsync.d", "savedconfig")


class Trials:
    """Resolves under changed configurations, a limited number of times."""

    def __init__(self, request):
        self._request = request
        self._left = TRIALS
        self._until = time.monotonic() + TRIAL_SECONDS

    @property
    def exhausted(self):
        return self._left <= 0 or time.monotonic() > self._until

    def resolve(self, lines, targets):
        """The resolution of these targets if the lines were there, with its request; None if there were too many."""
        if self.exhausted:
            return None
        self._left -= 1
        try:
            with _changed_configuration(self._request.settings["PORTAGE_CONFIGROOT"], lines) as root:
                request = Request(self._request.arguments, {**os.environ, "PORTAGE_CONFIGROOT": root})
                return request.resolve(targets), request
        except OSError as error:
            # Without trials the plan is the same, and has fewer lines.
            print(f"lines cannot be tried out: {error}", file=sys.stderr)
            self._left = 0
            return None


@contextlib.contextmanager
def _changed_configuration(root, lines):
    with tempfile.TemporaryDirectory(prefix="swarm-trial-") as copy:
        etc = os.path.join(copy, "etc")
        _copy(os.path.join(root, "etc", "portage"), os.path.join(etc, "portage"))
        if os.path.exists(os.path.join(root, "etc", "make.conf")):
            _copy(os.path.join(root, "etc", "make.conf"), os.path.join(etc, "make.conf"))
        for each in lines:
            path = os.path.join(etc, "portage", each["file"])
            if os.path.isdir(path):
                path = os.path.join(path, "zz-swarm-trial")
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"\n{each['line']}\n")
        yield copy


def _copy(source, target, above=()):
    """Copies what is there, links followed; only the profile, whose parents lie beside it, stays a link."""
    real = os.path.realpath(source)
    if os.path.isdir(source) and os.path.basename(source) == "make.profile":
        os.symlink(real, target)
    elif os.path.isdir(source) and real not in above:
        os.makedirs(target)
        for name in os.listdir(source):
            if name in NOT_COPIED:
                continue
            _copy(os.path.join(source, name), os.path.join(target, name), (*above, real))
    elif os.path.isfile(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
