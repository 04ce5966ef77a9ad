EAPI=8

inherit lab-c

DESCRIPTION="Log lines, in colour where wanted"
IUSE="ansi"
DEPEND="lab-libs/ringbuf"

src_compile() {
	use ansi && local -x CPPFLAGS="${CPPFLAGS} -DANSI"
	lab-c_library logkit 1
}

src_install() {
	lab-c_install_library logkit 1
}
