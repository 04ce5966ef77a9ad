EAPI=8

inherit lab-c

DESCRIPTION="Reads a grammar; its macros are made by macrogen, which needs a reader, which needs a grammar"
IUSE="+macros"
DEPEND="macros? ( lab-cycle/macrogen )"
RDEPEND="${DEPEND}"

src_compile() {
	local libraries=()
	if use macros; then
		local -x CPPFLAGS="${CPPFLAGS} -DMACROS"
		libraries+=( -lmacrogen )
	fi
	lab-c_library grammar 1 "${libraries[@]}"
}

src_install() {
	lab-c_install_library grammar 1
}
