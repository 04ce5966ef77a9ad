EAPI=8

inherit lab-c

DESCRIPTION="Changes its ABI with every version"
SLOT="0/70"

src_compile() {
	lab-c_library icuish 70
}

src_install() {
	lab-c_install_library icuish 70
}
