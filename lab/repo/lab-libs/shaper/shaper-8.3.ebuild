EAPI=8

inherit lab-c

DESCRIPTION="Shapes text into glyphs"
DEPEND="lab-libs/glyphs"
RDEPEND="lab-libs/glyphs"

src_compile() {
	lab-c_library shaper 0 -lglyphs
}

src_install() {
	lab-c_install_library shaper 0
}
