EAPI=8

inherit lab-c

DESCRIPTION="Masked by the profile"

src_compile() {
	lab-c_library shunned 1
}

src_install() {
	lab-c_install_library shunned 1
}
