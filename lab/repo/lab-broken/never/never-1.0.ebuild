EAPI=8

inherit lab-c

DESCRIPTION="Never compiles"

src_compile() {
	lab-c_program never
}

src_install() {
	dobin never
}
