EAPI=8

inherit lab-c

DESCRIPTION="Makes macros; second of a cycle of three"
DEPEND="lab-cycle/reader"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_library macrogen 1 -lreader
}

src_install() {
	lab-c_install_library macrogen 1
}
