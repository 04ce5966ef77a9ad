EAPI=8

inherit lab-c

DESCRIPTION="For testers, masked, and under a licence"
LICENSE="LAB-EULA"
KEYWORDS="~amd64"
DEPEND="lab-trouble/untested"
RDEPEND="lab-trouble/untested"

src_compile() {
	lab-c_library thorny 1 -luntested
}

src_install() {
	lab-c_install_library thorny 1
}
