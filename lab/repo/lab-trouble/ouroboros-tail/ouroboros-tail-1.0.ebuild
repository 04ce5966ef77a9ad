EAPI=8

inherit lab-c

DESCRIPTION="Is bitten by the head"
DEPEND="lab-trouble/ouroboros-head"
RDEPEND="lab-trouble/ouroboros-head"

src_compile() {
	lab-c_library ouroborostail 1 -louroboroshead
}

src_install() {
	lab-c_install_library ouroborostail 1
}
