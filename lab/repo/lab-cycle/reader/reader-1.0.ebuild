EAPI=8

inherit lab-c

DESCRIPTION="Reads text after a grammar; third of a cycle of three"
DEPEND="lab-cycle/grammar"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_library reader 1 -lgrammar
}

src_install() {
	lab-c_install_library reader 1
}
