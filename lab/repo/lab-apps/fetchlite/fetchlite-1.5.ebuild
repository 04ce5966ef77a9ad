EAPI=8

inherit lab-c

DESCRIPTION="Would fetch files"
DEPEND="lab-libs/confkit
	lab-libs/netlite[ssl]"
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_program fetchlite -lconfkit -lnetlite
}

src_install() {
	dobin fetchlite
}
