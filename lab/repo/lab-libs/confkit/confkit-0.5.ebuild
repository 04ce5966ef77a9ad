EAPI=8

inherit lab-c

DESCRIPTION="Reads configuration files"
DEPEND="lab-libs/textkit"
RDEPEND="lab-libs/textkit"

src_compile() {
	lab-c_library confkit 0 -ltextkit
}

src_install() {
	lab-c_install_library confkit 0
}
