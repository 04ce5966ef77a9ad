EAPI=8

inherit lab-c

DESCRIPTION="Cannot stand the rival"
RDEPEND="!!lab-trouble/rival"

src_compile() {
	lab-c_library jealous 1
}

src_install() {
	lab-c_install_library jealous 1
}
