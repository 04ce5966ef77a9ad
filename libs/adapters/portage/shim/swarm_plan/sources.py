"""What a package is built from: digests of ebuilds, and the variables that decide a binary's ABI."""

import hashlib
import os

DEPENDENCY_CLASSES = ("DEPEND", "BDEPEND", "RDEPEND", "PDEPEND", "IDEPEND")
METADATA = DEPENDENCY_CLASSES + (
    "IUSE", "REQUIRED_USE", "KEYWORDS", "LICENSE", "RESTRICT", "PROPERTIES", "DEFINED_PHASES", "INHERITED",
    "SRC_URI",
)
ENVIRONMENT = (
    "CHOST", "CBUILD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "FCFLAGS", "FFLAGS", "LDFLAGS", "RUSTFLAGS",
    "CC", "CXX", "LD", "ABI", "MULTILIB_ABIS", "DEFAULT_ABI", "ABI_X86",
)
CPU_FLAGS = "CPU_FLAGS_"


class Ebuilds:
    """Reads what the ebuild itself says, before USE conditionals are evaluated."""

    def __init__(self, trees):
        self._trees = trees
        self._metadata = {}

    def metadata(self, package):
        if package.type_name != "ebuild":
            return {key: package._metadata.get(key, "") for key in METADATA}
        key = (package.cpv, package.repo)
        if key not in self._metadata:
            values = self._database(package).aux_get(package.cpv, list(METADATA), myrepo=package.repo)
            self._metadata[key] = dict(zip(METADATA, values))
        return self._metadata[key]

    def path(self, package):
        return self._database(package).findname(package.cpv, myrepo=package.repo)

    def eclasses(self, package):
        """Paths of the inherited eclasses by name; a name without a file has None."""
        config = self._database(package).settings.repositories[package.repo]
        known = config.eclass_db.eclasses if config.eclass_db is not None else {}
        return {
            name: known[name].location if name in known else None
            for name in self.metadata(package)["INHERITED"].split()
        }

    def _database(self, package):
        return self._trees[package.root]["porttree"].dbapi


class Digests:
    """SHA-256 of all that a package is made of. Names below the repository count, not where it lies."""

    def __init__(self, ebuilds):
        self._ebuilds = ebuilds
        self._files = {}
        self._directories = {}

    def ebuild_md5(self, package):
        """MD5 of the ebuild's file, as the metadata cache of a repository has it; None for a binary."""
        if package.type_name != "ebuild":
            return None
        with open(self._ebuilds.path(package), "rb") as file:
            return hashlib.md5(file.read()).hexdigest()

    def source(self, package):
        """Digest over ebuild, files/, distfiles by Manifest, eclasses and the user's patches; None if one is lost."""
        if package.type_name != "ebuild":
            return None
        path = self._ebuilds.path(package)
        home = os.path.dirname(path)
        eclasses = self._ebuilds.eclasses(package)
        if None in eclasses.values():
            return None
        digest = hashlib.sha256()
        try:
            parts = [("ebuild", self._file(path)), ("files", self._directory(os.path.join(home, "files")))]
            parts += [(f"eclass {name}", self._file(eclasses[name])) for name in sorted(eclasses)]
            parts += [("dist", line) for line in self._distfiles(package, os.path.join(home, "Manifest"))]
            parts += [("patches", self._directory(directory)) for directory in _patch_directories(package)]
        except OSError:
            return None
        for name, content in parts:
            if content:
                digest.update(f"{name}\0{content}\n".encode())
        return digest.hexdigest()

    def _file(self, path):
        if path not in self._files:
            with open(path, "rb") as file:
                self._files[path] = hashlib.sha256(file.read()).hexdigest()
        return self._files[path]

    def _directory(self, top):
        """Digest over names and contents of all files; empty if there is none."""
        if top not in self._directories:
            found = [os.path.join(where, name) for where, _, names in os.walk(top) for name in names]
            lines = sorted(f"{os.path.relpath(path, top)}\0{self._file(path)}" for path in found)
            self._directories[top] = hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""
        return self._directories[top]

    def _distfiles(self, package, manifest):
        """The Manifest's lines about the files of this version; another version's change nothing here."""
        wanted = {word.rpartition("/")[2] for word in self._ebuilds.metadata(package)["SRC_URI"].split()}
        if not wanted or not os.path.exists(manifest):
            return []
        with open(manifest, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
        return sorted(" ".join(line) for line in lines if line[:1] == ["DIST"] and line[1] in wanted)


def _patch_directories(package):
    """Where eapply_user looks for patches to this package."""
    settings = package.root_config.settings
    top = os.path.join(settings["PORTAGE_CONFIGROOT"], "etc", "portage", "patches", package.category)
    name = package.cp.partition("/")[2]
    version = package.cpv.partition("/")[2]
    names = sorted({name, version, version.rpartition("-r")[0] or version})
    found = [f"{each}{slot}" for each in names for slot in ("", f":{package.slot}")]
    return [os.path.join(top, each) for each in found if os.path.isdir(os.path.join(top, each))]


class Environments:
    """The environments of a document's packages, each once; package.env is honoured."""

    def __init__(self, trees):
        self._trees = trees
        self._settings = {}
        self._numbers = {}
        self.all = []

    def number(self, package):
        """Index into `all` of the environment in which this package is built."""
        import portage

        if package.root not in self._settings:
            self._settings[package.root] = portage.config(clone=self._trees[package.root]["vartree"].settings)
        settings = self._settings[package.root]
        settings.setcpv(package)
        expanded = (name for name in settings.get("USE_EXPAND", "").split() if name.startswith(CPU_FLAGS))
        names = list(ENVIRONMENT) + sorted(expanded)
        values = {name: " ".join((settings.get(name) or "").split()) for name in names}
        values = {name: value for name, value in sorted(values.items()) if value}
        key = tuple(values.items())
        if key not in self._numbers:
            self._numbers[key] = len(self.all)
            self.all.append(values)
        return self._numbers[key]


def repositories_of(settings):
    """The repositories that were read, by priority as Portage has them."""
    found = []
    for repository in settings.repositories:
        if not repository.location:
            continue
        entry = {"name": str(repository.name), "location": str(repository.location)}
        revision = git_revision(repository.location)
        if revision is not None:
            entry["revision"] = revision
        found.append(entry)
    return sorted(found, key=lambda entry: entry["name"])


def git_revision(location):
    """The commit that a git work tree has checked out, read without git; None for any other directory."""
    git = os.path.join(location, ".git")
    try:
        if os.path.isfile(git):  # a linked work tree
            with open(git, encoding="utf-8") as file:
                git = os.path.join(location, file.read().partition("gitdir:")[2].strip())
        head = _first_line(os.path.join(git, "HEAD"))
        if not head.startswith("ref:"):
            return head or None
        name = head[len("ref:"):].strip()
        common = os.path.join(git, "commondir")
        homes = [git] + ([os.path.join(git, _first_line(common))] if os.path.exists(common) else [])
        for home in homes:
            if os.path.exists(os.path.join(home, name)):
                return _first_line(os.path.join(home, name))
        packed = [os.path.join(home, "packed-refs") for home in homes]
        for path in filter(os.path.exists, packed):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if line.rstrip().endswith(f" {name}"):
                        return line.split()[0]
    except OSError:
        pass
    return None


def _first_line(path):
    with open(path, encoding="utf-8") as file:
        return file.readline().strip()
