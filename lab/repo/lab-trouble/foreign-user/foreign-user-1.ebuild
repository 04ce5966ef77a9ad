EAPI=8

inherit lab-c

DESCRIPTION="Needs a package without keywords"
DEPEND="lab-trouble/foreign"
RDEPEND="lab-trouble/foreign"

src_compile() {
	lab-c_program foreign-user -lforeign
}

src_install() {
	dobin foreign-user
}
