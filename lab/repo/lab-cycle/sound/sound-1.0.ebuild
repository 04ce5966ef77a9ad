EAPI=8

inherit lab-c

DESCRIPTION="One of two cycles through mixer"
DEPEND="lab-cycle/mixer"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_library sound 1 -lmixer
}

src_install() {
	lab-c_install_library sound 1
}
