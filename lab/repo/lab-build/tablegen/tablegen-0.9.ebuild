EAPI=8

inherit lab-c

DESCRIPTION="Turns tables of text into C"
DEPEND="lab-libs/checksum:="
RDEPEND="lab-libs/checksum:="

src_compile() {
	lab-c_program tablegen -lchecksum
}

src_install() {
	dobin tablegen
}
