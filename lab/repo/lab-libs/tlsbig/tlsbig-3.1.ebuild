EAPI=8

inherit lab-c

DESCRIPTION="Transport security with everything"
KEYWORDS="~amd64"
RDEPEND="!lab-libs/tlsmini"

src_compile() {
	lab-c_library tls 1
}

src_install() {
	lab-c_install_library tls 1
}
