EAPI=8

inherit lab-c

DESCRIPTION="Pictures of one colour"
SLOT="0/16"
DEPEND="lab-libs/checksum:=
	virtual/squash"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_library rawpng 16 -lchecksum -lsquash
}

src_install() {
	lab-c_install_library rawpng 16
}
