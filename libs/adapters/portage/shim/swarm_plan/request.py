"""What was asked for, and Portage's resolver as emerge runs it."""

import os
import shlex

from swarm_plan.portage_api import require_graph

SET = "@"


class InvalidRequest(Exception):
    """What was asked for makes no sense to Portage; nobody's bug."""


class Resolution:
    """What one run of the resolver came to."""

    def __init__(self, found, graph, targets):
        self.found = bool(found)
        self.graph = graph
        self.targets = targets

    @property
    def state(self):
        return self.graph._dynamic_config

    @property
    def is_circular(self):
        return self.state._circular_deps_for_display is not None


class Request:
    """emerge's options and targets under one configuration, ready to be resolved, as often as needed."""

    def __init__(self, arguments, environment=None):
        from _emerge.actions import adjust_configs, expand_set_arguments, load_emerge_config, profile_check
        from _emerge.main import parse_opts

        action, options, names = parse_opts(arguments, silent=True)
        if action is not None:
            raise InvalidRequest(f"--{action} is not a request for a merge list")
        config = load_emerge_config(action=action, args=names, opts=options, env=environment)
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
            _use_one_root(config)
        if options.get("--usepkg") is True:
            for tree in config.trees.values():
                tree["bintree"].populate(getbinpkgs=options.get("--getbinpkg") is True, pretend=True)
        config.opts = options
        adjust_configs(options, config.trees)
        if profile_check(config.trees, action) != os.EX_OK:
            raise InvalidRequest("the profile of this machine is not valid")
        expanded, status = expand_set_arguments(names, action, config.target_config)
        if status != os.EX_OK:
            raise InvalidRequest(f"one of {' '.join(names)} does not exist or cannot be read")
        self.arguments = arguments
        self.names = [str(name) for name in expanded]
        self.targets = self._targets(config.target_config)
        self._action = action
        self._options = options
        self._config = config

    @property
    def trees(self):
        return self._config.trees

    @property
    def takes_binaries(self):
        return self._options.get("--usepkg") is True

    @property
    def settings(self):
        return self._config.target_config.settings

    @property
    def database(self):
        """The ebuilds of the target root."""
        return self.trees[self.trees._target_eroot]["porttree"].dbapi

    def _targets(self, root_config):
        """The atoms to resolve, sets taken apart: Portage passes over a member of @world that it cannot have."""
        from portage.exception import PackageSetNotFound

        targets = []
        for name in self.names:
            if not name.startswith(SET):
                targets.append(name)
                continue
            try:
                targets += sorted(str(atom) for atom in root_config.setconfig.getSetAtoms(name[len(SET):]))
            except PackageSetNotFound as error:
                raise InvalidRequest(f"{name} contains the set {error}, which does not exist") from error
        return list(dict.fromkeys(targets))

    def resolve(self, targets, more_options=None):
        """Runs the resolver for some of the targets, with backtracking, as emerge does."""
        from _emerge.create_depgraph_params import create_depgraph_params
        from _emerge.depgraph import backtrack_depgraph

        options = {**self._options, **(more_options or {})}
        parameters = create_depgraph_params(options, self._action)
        found, graph, _ = backtrack_depgraph(
            self.settings, self.trees, options, parameters, self._action, list(targets), None,
        )
        require_graph(graph)
        return Resolution(found, graph, list(targets))

    def survey(self, targets):
        """One pass that goes on after what is unsatisfied: the graph of all that is wanted, buildable or not."""
        from _emerge.create_depgraph_params import create_depgraph_params
        from _emerge.depgraph import depgraph

        parameters = create_depgraph_params(self._options, self._action)
        graph = depgraph(self.settings, self.trees, self._options, parameters, None, allow_backtracking=False)
        require_graph(graph)
        create_graph, add_package = graph._create_graph, graph._add_pkg

        def add_anyway(package, dependency):
            state = graph._dynamic_config
            before = len(state._unsatisfied_deps_for_display)
            done = add_package(package, dependency)
            # A REQUIRED_USE that is not met: the package is in the graph, its dependencies are not.
            return done or len(state._unsatisfied_deps_for_display) > before

        graph._create_graph = lambda allow_unsatisfied=True: create_graph(allow_unsatisfied=True)
        graph._add_pkg = add_anyway
        found, _ = graph.select_files(list(targets))
        return Resolution(found, graph, list(targets))


def _use_one_root(config):
    """Makes ROOT its own build root; the root that Portage itself runs from drops out."""
    trees = config.trees
    if trees._running_eroot != trees._target_eroot:
        del trees[trees._running_eroot]
        trees._running_eroot = trees._target_eroot
        config.running_config = config.target_config
