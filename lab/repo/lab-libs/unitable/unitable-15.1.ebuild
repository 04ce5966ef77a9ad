EAPI=8

inherit lab-c

DESCRIPTION="Units of length, from a generated table"
SLOT="0/15"
BDEPEND="lab-build/tablegen"

src_configure() {
	lab-c_build_tool tablegen units < units.def > units.inc
}

src_compile() {
	lab-c_library unitable 15
}

src_install() {
	lab-c_install_library unitable 15
}
