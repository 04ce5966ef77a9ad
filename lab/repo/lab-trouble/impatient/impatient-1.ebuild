EAPI=8

inherit lab-c

DESCRIPTION="Needs a version that does not exist"
DEPEND=">=lab-libs/checksum-99"
RDEPEND=">=lab-libs/checksum-99"

src_compile() {
	lab-c_program impatient
}

src_install() {
	dobin impatient
}
