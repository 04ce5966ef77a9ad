EAPI=8

inherit lab-c

DESCRIPTION="Wants the newer icuish for one option"
IUSE="+emoji"
DEPEND="emoji? ( >=lab-trouble/icuish-71:= )
	!emoji? ( lab-trouble/icuish:= )
	lab-trouble/shaping"
RDEPEND="emoji? ( >=lab-trouble/icuish-71:= )
	!emoji? ( lab-trouble/icuish:= )
	lab-trouble/shaping"

src_compile() {
	lab-c_program newreader -licuish -lshaping
}

src_install() {
	dobin newreader
}
