EAPI=8

inherit lab-c

DESCRIPTION="Glyphs of fonts"
IUSE="+shaper"
DEPEND="shaper? ( lab-libs/shaper )"
RDEPEND="shaper? ( lab-libs/shaper )"

src_compile() {
	local libraries=()
	if use shaper; then
		local -x CPPFLAGS="${CPPFLAGS} -DSHAPER"
		libraries+=( -lshaper )
	fi
	lab-c_library glyphs 6 "${libraries[@]}"
}

src_install() {
	lab-c_install_library glyphs 6
}
