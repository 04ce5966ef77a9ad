EAPI=8

inherit lab-c

DESCRIPTION="A generated table to read"
BDEPEND="lab-build/tablegen"

src_compile() {
	lab-c_build_tool tablegen sizes < sizes.def > sizes.txt
}

src_install() {
	insinto /usr/share/tablebook
	doins sizes.txt
}
