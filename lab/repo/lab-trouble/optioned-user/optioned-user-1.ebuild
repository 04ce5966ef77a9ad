EAPI=8

inherit lab-c

DESCRIPTION="Needs an option that is off"
DEPEND="lab-trouble/optioned[deluxe]"
RDEPEND="lab-trouble/optioned[deluxe]"

src_compile() {
	lab-c_program optioned-user -loptioned
}

src_install() {
	dobin optioned-user
}
