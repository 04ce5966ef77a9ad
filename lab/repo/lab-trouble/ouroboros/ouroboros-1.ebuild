EAPI=8

inherit lab-c

DESCRIPTION="A cycle that no option opens"
DEPEND="lab-trouble/ouroboros-tail"
RDEPEND="lab-trouble/ouroboros-tail"

src_compile() {
	lab-c_program ouroboros -louroborostail
}

src_install() {
	dobin ouroboros
}
