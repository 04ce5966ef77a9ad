EAPI=8

inherit lab-c

DESCRIPTION="Never learned the newer icuish"
DEPEND="<lab-trouble/icuish-71:= lab-trouble/shaping"
RDEPEND="<lab-trouble/icuish-71:= lab-trouble/shaping"

src_compile() {
	lab-c_program oldreader -licuish -lshaping
}

src_install() {
	dobin oldreader
}
