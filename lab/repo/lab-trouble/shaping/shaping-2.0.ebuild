EAPI=8

inherit lab-c

DESCRIPTION="Takes any icuish"
DEPEND="lab-trouble/icuish:="
RDEPEND="lab-trouble/icuish:="

src_compile() {
	lab-c_library shaping 1 -licuish
}

src_install() {
	lab-c_install_library shaping 1
}
