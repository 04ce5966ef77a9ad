EAPI=8

inherit lab-c

DESCRIPTION="The member that two cycles share"
IUSE="+audio +video"
DEPEND="audio? ( lab-cycle/sound )
	video? ( lab-cycle/vision )"
RDEPEND="${DEPEND}"

src_compile() {
	local libraries=()
	if use audio; then
		local -x CPPFLAGS="${CPPFLAGS} -DAUDIO"
		libraries+=( -lsound )
	fi
	if use video; then
		local -x CPPFLAGS="${CPPFLAGS} -DVIDEO"
		libraries+=( -lvision )
	fi
	lab-c_library mixer 1 "${libraries[@]}"
}

src_install() {
	lab-c_install_library mixer 1
}
