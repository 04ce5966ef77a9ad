EAPI=8

inherit lab-c

DESCRIPTION="Transport security, small"
RDEPEND="!lab-libs/tlsbig"

src_compile() {
	lab-c_library tls 1
}

src_install() {
	lab-c_install_library tls 1
}
