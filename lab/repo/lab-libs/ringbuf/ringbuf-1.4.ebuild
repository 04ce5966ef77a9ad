EAPI=8

inherit lab-c

DESCRIPTION="A ring buffer in one header"

src_compile() {
	:
}

src_install() {
	doheader ringbuf.h
}
