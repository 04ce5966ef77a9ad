EAPI=8

inherit lab-c

DESCRIPTION="Prints checksums of words"
DEPEND="lab-libs/checksum:="
RDEPEND="lab-libs/checksum:="

src_compile() {
	lab-c_program sumcheck -lchecksum
}

src_install() {
	dobin sumcheck
}
