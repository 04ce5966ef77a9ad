EAPI=8

inherit lab-c

DESCRIPTION="Loads plugins"
PDEPEND="lab-libs/plugextras"

src_compile() {
	lab-c_library plugcore 1 -ldl
}

src_install() {
	lab-c_install_library plugcore 1
}
