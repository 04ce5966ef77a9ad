EAPI=8

inherit lab-c

DESCRIPTION="Sets text; needs glyphs and shaper, which need each other"
DEPEND="lab-libs/glyphs
	lab-libs/shaper"
RDEPEND="lab-libs/glyphs
	lab-libs/shaper"

src_compile() {
	lab-c_program typeset -lglyphs -lshaper
}

src_install() {
	dobin typeset
}
