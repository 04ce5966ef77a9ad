EAPI=8

inherit lab-c

DESCRIPTION="Needs what takes four lines to accept"
DEPEND="lab-trouble/thorny"
RDEPEND="lab-trouble/thorny"

src_compile() {
	lab-c_program thorny-user -lthorny
}

src_install() {
	dobin thorny-user
}
