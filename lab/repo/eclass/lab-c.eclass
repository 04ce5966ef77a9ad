
# @ECLASS: lab-c.eclass
# @SUPPORTED_EAPIS: 8
# @BLURB: compiles the small C programs and libraries of the lab
# @DESCRIPTION:
# Sources lie in FILESDIR. Every command is printed before it runs, as make would.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

# @ECLASS_VARIABLE: LAB_SOURCES
# @DESCRIPTION:
# Directory under FILESDIR that holds the sources of this version; all of FILESDIR unless set.
: "${LAB_SOURCES:=.}"

HOMEPAGE="https://example.org/build-swarm/lab"
LICENSE="GPL-2+"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}/${P}"
# The C library is no package of the lab.
REQUIRES_EXCLUDE="libc.so.6 libm.so.6"

# @FUNCTION: lab-c_run
# @USAGE: <command> [argument...]
# @DESCRIPTION:
# Prints a command and runs it; a failure ends the build.
lab-c_run() {
	echo "$*"
	"$@" || die "${1##*/} failed"
}

# @FUNCTION: lab-c_compile
# @DESCRIPTION:
# Compiles every C file of the current directory into an object.
lab-c_compile() {
	local source
	for source in *.c; do
		lab-c_run "${CC:-gcc}" ${CFLAGS} ${CPPFLAGS} -Wall -fPIC -DVERSION="\"${PV}\"" -I. \
			-I"${ESYSROOT}/usr/include" -c "${source}" -o "${source%.c}.o"
	done
}

# @FUNCTION: lab-c_library
# @USAGE: <name> <soversion> [linker argument...]
# @DESCRIPTION:
# Builds lib<name>.so.<soversion> from all C files.
lab-c_library() {
	local name=$1 soversion=$2
	shift 2
	lab-c_compile
	lab-c_run "${CC:-gcc}" ${CFLAGS} ${LDFLAGS} -shared -Wl,-soname,"lib${name}.so.${soversion}" *.o \
		-L"${ESYSROOT}/usr/$(get_libdir)" "$@" -o "lib${name}.so.${soversion}"
}

# @FUNCTION: lab-c_program
# @USAGE: <name> [linker argument...]
# @DESCRIPTION:
# Builds one program from all C files.
lab-c_program() {
	local name=$1
	shift
	lab-c_compile
	lab-c_run "${CC:-gcc}" ${CFLAGS} ${LDFLAGS} *.o -L"${ESYSROOT}/usr/$(get_libdir)" \
		-Wl,-rpath-link,"${ESYSROOT}/usr/$(get_libdir)" "$@" -o "${name}"
}

# @FUNCTION: lab-c_install_library
# @USAGE: <name> <soversion>
# @DESCRIPTION:
# Installs what lab-c_library built, its development link and all headers.
lab-c_install_library() {
	dolib.so "lib$1.so.$2"
	dosym "lib$1.so.$2" "/usr/$(get_libdir)/lib$1.so"
	doheader *.h
}

# @FUNCTION: lab-c_build_tool
# @USAGE: <program> [argument...]
# @DESCRIPTION:
# Runs an installed tool of the build root together with the libraries it was linked to.
lab-c_build_tool() {
	local tool=$1
	shift
	LD_LIBRARY_PATH="${BROOT}/usr/$(get_libdir)" "${BROOT}/usr/bin/${tool}" "$@" || die "${tool} failed"
}

# @FUNCTION: lab-c_src_unpack
# @DESCRIPTION:
# Copies the sources of this version to S.
lab-c_src_unpack() {
	mkdir -p "${S}" || die
	cp -r "${FILESDIR}/${LAB_SOURCES}"/. "${S}" || die
}

EXPORT_FUNCTIONS src_unpack
