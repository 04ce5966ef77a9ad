EAPI=8

inherit lab-c

DESCRIPTION="Blocked by the jealous"

src_compile() {
	lab-c_library rival 1
}

src_install() {
	lab-c_install_library rival 1
}
