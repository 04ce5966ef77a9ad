"""Which releases of Portage the shim was tried with, and whether this one has what the shim uses of it."""

import re

# The oldest and the newest release that pass the self-test.
TESTED = ("3.0.31", "3.0.83")

# Everything private that is used, by module. Attributes of instances are looked at when there is an instance.
_MODULE_NAMES = {
    "_emerge.actions": ("adjust_configs", "expand_set_arguments", "load_emerge_config", "profile_check"),
    "_emerge.create_depgraph_params": ("create_depgraph_params",),
    "_emerge.depgraph": ("backtrack_depgraph", "_get_masking_status", "depgraph"),
    "_emerge.main": ("parse_opts",),
    "_emerge.Package": ("Package",),
    "_emerge.resolver.circular_dependency": ("circular_dependency_handler",),
    "_emerge.DepPrioritySatisfiedRange": ("DepPrioritySatisfiedRange",),
}
_GRAPH_NAMES = (
    "_add_pkg", "_create_graph", "_dynamic_config", "_frozen_config", "_pkg", "_pkg_use_enabled", "altlist",
    "display_problems", "select_files", "_unknown_internal_error",
)
_FROZEN_NAMES = ("pkgsettings", "roots", "target_root", "trees")
_DYNAMIC_NAMES = (
    "_blocked_pkgs", "_blocker_parents", "_buildpkgonly_deps_unsatisfied", "_circular_deps_for_display",
    "_needed_license_changes", "_needed_p_mask_changes", "_needed_unstable_keywords",
    "_needed_use_config_changes", "_package_tracker", "_parent_atoms", "_runtime_pkg_mask",
    "_unsatisfied_blockers_for_display", "_unsatisfied_deps", "_unsatisfied_deps_for_display", "_unsolvable_blockers",
    "digraph",
)


class PortageChanged(Exception):
    """This Portage lacks something private that the shim needs."""


def require_modules():
    """Fails if a function or class that the shim imports is not there."""
    import importlib

    for module, names in _MODULE_NAMES.items():
        try:
            found = importlib.import_module(module)
        except ImportError as error:
            raise PortageChanged(f"{module} of Portage {version()} cannot be loaded: {error}") from error
        _require(found, names, module)


def require_graph(graph):
    """Fails if a resolver that has run lacks an attribute that the shim reads."""
    _require(graph, _GRAPH_NAMES, "the depgraph")
    _require(graph._frozen_config, _FROZEN_NAMES, "the depgraph's _frozen_config")
    _require(graph._dynamic_config, _DYNAMIC_NAMES, "the depgraph's _dynamic_config")


def _require(thing, names, where):
    missing = [name for name in names if not hasattr(thing, name)]
    if missing:
        raise PortageChanged(
            f"{where} of Portage {version()} lacks {', '.join(missing)}; tried with {' to '.join(TESTED)}"
        )


def version():
    import portage

    return str(portage.VERSION)


def warnings():
    """A sentence if this release lies outside of those that were tried."""
    found = _numbers(version())
    # A fourth number is a repair of the same release.
    if _numbers(TESTED[0]) <= found[:3] <= _numbers(TESTED[1]):
        return []
    return [f"this shim was tried with Portage {TESTED[0]} to {TESTED[1]}, not with {version()}"]


def _numbers(text):
    return tuple(int(number) for number in re.findall(r"\d+", text.partition("-")[0]))
