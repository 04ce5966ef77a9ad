EAPI=8

inherit lab-c

DESCRIPTION="Needs a package that is masked"
DEPEND="lab-trouble/shunned"
RDEPEND="lab-trouble/shunned"

src_compile() {
	lab-c_program shunned-user -lshunned
}

src_install() {
	dobin shunned-user
}
