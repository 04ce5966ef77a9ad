EAPI=8

inherit lab-c

DESCRIPTION="Has an option that is off"
IUSE="deluxe"

src_compile() {
	lab-c_library optioned 1
}

src_install() {
	lab-c_install_library optioned 1
}
