EAPI=8

inherit lab-c

DESCRIPTION="Comes out of the egg, unless it was bought"
IUSE="+hatched"
DEPEND="hatched? ( lab-trouble/egg )"
RDEPEND="hatched? ( lab-trouble/egg )"

src_compile() {
	lab-c_library hen 1
}

src_install() {
	lab-c_install_library hen 1
}
