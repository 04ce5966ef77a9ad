EAPI=8

inherit lab-c

DESCRIPTION="For testers only"
KEYWORDS="~amd64"

src_compile() {
	lab-c_library untested 1
}

src_install() {
	lab-c_install_library untested 1
}
