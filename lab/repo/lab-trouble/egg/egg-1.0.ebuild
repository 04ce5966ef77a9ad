EAPI=8

inherit lab-c

DESCRIPTION="Is laid by the hen"
DEPEND="lab-trouble/hen"
RDEPEND="lab-trouble/hen"

src_compile() {
	lab-c_library egg 1 -lhen
}

src_install() {
	lab-c_install_library egg 1
}
