EAPI=8

inherit lab-c

DESCRIPTION="Run-length compression, for small machines"
RDEPEND="!lab-libs/squash"

src_compile() {
	lab-c_library squash 1
}

src_install() {
	lab-c_install_library squash 1
}
