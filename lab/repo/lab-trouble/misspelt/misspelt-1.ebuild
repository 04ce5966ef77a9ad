EAPI=8

inherit lab-c

DESCRIPTION="Needs a package whose name is misspelt"
DEPEND="lab-libs/checksumm"
RDEPEND="lab-libs/checksumm"

src_compile() {
	lab-c_program misspelt
}

src_install() {
	dobin misspelt
}
