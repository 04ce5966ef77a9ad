EAPI=8

inherit lab-c

DESCRIPTION="Would compile, but needs what never does"
DEPEND="lab-broken/never"
RDEPEND="lab-broken/never"

src_compile() {
	lab-c_program needs-never
}

src_install() {
	dobin needs-never
}
