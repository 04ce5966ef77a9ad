EAPI=8

inherit lab-c

DESCRIPTION="String helpers"
DEPEND="lab-libs/ringbuf"

src_compile() {
	lab-c_library textkit 1
}

src_install() {
	lab-c_install_library textkit 1
}
