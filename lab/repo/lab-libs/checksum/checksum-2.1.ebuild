EAPI=8

inherit lab-c

DESCRIPTION="CRC-32 and Adler-32"
SLOT="0/2"
IUSE="static-libs"

src_compile() {
	lab-c_library checksum 2
	if use static-libs; then
		lab-c_run "${AR:-ar}" rcs libchecksum.a *.o
	fi
}

src_install() {
	lab-c_install_library checksum 2
	if use static-libs; then
		dolib.a libchecksum.a
	fi
}
