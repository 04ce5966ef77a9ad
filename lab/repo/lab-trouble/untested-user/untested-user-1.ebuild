EAPI=8

inherit lab-c

DESCRIPTION="Needs a package for testers"
DEPEND="lab-trouble/untested"
RDEPEND="lab-trouble/untested"

src_compile() {
	lab-c_program untested-user -luntested
}

src_install() {
	dobin untested-user
}
