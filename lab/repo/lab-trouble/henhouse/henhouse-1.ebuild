EAPI=8

inherit lab-c

DESCRIPTION="Has both"
DEPEND="lab-trouble/egg lab-trouble/hen"
RDEPEND="lab-trouble/egg lab-trouble/hen"

src_compile() {
	lab-c_program henhouse -legg -lhen
}

src_install() {
	dobin henhouse
}
