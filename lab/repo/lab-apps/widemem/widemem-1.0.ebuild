EAPI=8

inherit lab-c

DESCRIPTION="Needs much memory to build"

src_compile() {
	lab-c_program widemem
	lab-c_run ./widemem "${LAB_MEMORY_MB:-200}"
}

src_install() {
	dobin widemem
}
