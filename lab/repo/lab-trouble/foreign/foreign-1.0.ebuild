EAPI=8

inherit lab-c

DESCRIPTION="Never tried on any architecture"
KEYWORDS=""

src_compile() {
	lab-c_library foreign 1
}

src_install() {
	lab-c_install_library foreign 1
}
