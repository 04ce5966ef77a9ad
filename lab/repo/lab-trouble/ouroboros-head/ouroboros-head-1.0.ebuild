EAPI=8

inherit lab-c

DESCRIPTION="Bites the tail"
DEPEND="lab-trouble/ouroboros-tail"
RDEPEND="lab-trouble/ouroboros-tail"

src_compile() {
	lab-c_library ouroboroshead 1
}

src_install() {
	lab-c_install_library ouroboroshead 1
}
