EAPI=8

inherit lab-c

DESCRIPTION="Wants the jealous, and by default the rival"
IUSE="+rivalry"
DEPEND="lab-trouble/jealous rivalry? ( lab-trouble/rival )"
RDEPEND="lab-trouble/jealous rivalry? ( lab-trouble/rival )"

src_compile() {
	lab-c_program courtship -ljealous
}

src_install() {
	dobin courtship
}
