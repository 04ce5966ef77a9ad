EAPI=8

inherit lab-c

DESCRIPTION="The other cycle through mixer"
DEPEND="lab-cycle/mixer"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_library vision 1 -lmixer
}

src_install() {
	lab-c_install_library vision 1
}
