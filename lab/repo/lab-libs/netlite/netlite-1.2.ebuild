EAPI=8

inherit lab-c

DESCRIPTION="A small network library"
IUSE="+ssl"
DEPEND="ssl? ( || ( lab-libs/tlsbig lab-libs/tlsmini ) )"
RDEPEND="ssl? ( || ( lab-libs/tlsbig lab-libs/tlsmini ) )"

src_compile() {
	local libraries=()
	if use ssl; then
		local -x CPPFLAGS="${CPPFLAGS} -DSSL"
		libraries+=( -ltls )
	fi
	lab-c_library netlite 1 "${libraries[@]}"
}

src_install() {
	lab-c_install_library netlite 1
}
