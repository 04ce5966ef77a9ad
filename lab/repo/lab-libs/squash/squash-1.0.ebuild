EAPI=8

inherit lab-c

DESCRIPTION="Run-length compression"
RDEPEND="!lab-libs/minisquash"

src_compile() {
	lab-c_library squash 1
}

src_install() {
	lab-c_install_library squash 1
}
