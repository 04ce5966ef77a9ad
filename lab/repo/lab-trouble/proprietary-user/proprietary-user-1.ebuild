EAPI=8

inherit lab-c

DESCRIPTION="Needs a package under a licence"
DEPEND="lab-trouble/proprietary"
RDEPEND="lab-trouble/proprietary"

src_compile() {
	lab-c_program proprietary-user -lproprietary
}

src_install() {
	dobin proprietary-user
}
