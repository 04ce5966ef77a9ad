EAPI=8

inherit lab-c

DESCRIPTION="Fails once, then compiles"

src_compile() {
	local marker=${LAB_STATE_DIR:?must name a directory that all drones share}/${PF}.tried
	if [[ ! -e ${marker} ]]; then
		: > "${marker}" || die "cannot write ${marker}"
		local -x CPPFLAGS="${CPPFLAGS} -DFIRST_TRY"
	fi
	lab-c_program second-try
}

src_install() {
	dobin second-try
}
