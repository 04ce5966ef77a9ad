EAPI=8

inherit lab-c

DESCRIPTION="Takes long to build, as a browser does"
DEPEND="lab-libs/textkit"
RDEPEND="lab-libs/textkit"

src_compile() {
	local second seconds=${LAB_SLOW_SECONDS:-25}
	for (( second = 1; second <= seconds; second++ )); do
		echo "[${second}/${seconds}] compiling unit-${second}.c"
		sleep 1
	done
	lab-c_program longhaul -ltextkit
}

src_install() {
	dobin longhaul
}
