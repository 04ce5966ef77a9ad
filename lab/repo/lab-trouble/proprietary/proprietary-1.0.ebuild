EAPI=8

inherit lab-c

DESCRIPTION="Under a licence that nobody has accepted"
LICENSE="LAB-EULA"

src_compile() {
	lab-c_library proprietary 1
}

src_install() {
	lab-c_install_library proprietary 1
}
