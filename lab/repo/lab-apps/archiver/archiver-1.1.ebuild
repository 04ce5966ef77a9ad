EAPI=8

inherit lab-c

DESCRIPTION="Packs text"
DEPEND="lab-libs/checksum:=
	virtual/squash"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_program archiver -lchecksum -lsquash
}

src_install() {
	dobin archiver
}
