EAPI=8

inherit lab-c

DESCRIPTION="Still talks the old wire protocol"
DEPEND="lab-libs/wire:2="
RDEPEND="lab-libs/wire:2="

src_compile() {
	lab-c_program oldchat -lwire-2
}

src_install() {
	dobin oldchat
}
