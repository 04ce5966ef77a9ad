EAPI=8

inherit lab-c

DESCRIPTION="Talks the new wire protocol"
IUSE="lab_backends_tcp lab_backends_unix"
REQUIRED_USE="|| ( lab_backends_tcp lab_backends_unix )"
DEPEND="lab-libs/logkit
	lab-libs/wire:3="
RDEPEND="${DEPEND}"

src_compile() {
	lab-c_program chat -llogkit -lwire-3
}

src_install() {
	dobin chat
}
