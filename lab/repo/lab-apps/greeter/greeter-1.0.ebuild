EAPI=8

inherit lab-c

DESCRIPTION="Says hello with five libraries"
DEPEND="lab-libs/canvas
	lab-libs/checksum:=
	lab-libs/logkit
	lab-libs/textkit
	lab-libs/unitable:="
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_program greeter -lcanvas -lchecksum -llogkit -ltextkit -lunitable
}

src_install() {
	dobin greeter
}
