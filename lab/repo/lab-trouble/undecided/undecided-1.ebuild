EAPI=8

inherit lab-c

DESCRIPTION="Wants one of two, and has both by default"
IUSE="+left +right"
REQUIRED_USE="^^ ( left right )"

src_compile() {
	lab-c_program undecided
}

src_install() {
	dobin undecided
}
