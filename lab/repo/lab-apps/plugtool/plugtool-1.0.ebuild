EAPI=8

inherit lab-c

DESCRIPTION="Loads the extra plugins"
DEPEND="lab-libs/plugcore"
RDEPEND="lab-libs/plugcore"

src_compile() {
	lab-c_program plugtool -lplugcore
}

src_install() {
	dobin plugtool
}
