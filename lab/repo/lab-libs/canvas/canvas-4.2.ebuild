EAPI=8

inherit lab-c

DESCRIPTION="Draws lines"
IUSE="ansi +png"
REQUIRED_USE="|| ( ansi png )"
DEPEND="lab-libs/unitable:=
	png? ( lab-libs/rawpng:= )"
RDEPEND="lab-libs/unitable:=
	png? ( lab-libs/rawpng:= )"

src_compile() {
	local libraries=( -lunitable )
	if use png; then
		local -x CPPFLAGS="${CPPFLAGS} -DPNG"
		libraries+=( -lrawpng )
	fi
	lab-c_library canvas 4 "${libraries[@]}"
}

src_install() {
	lab-c_install_library canvas 4
}
