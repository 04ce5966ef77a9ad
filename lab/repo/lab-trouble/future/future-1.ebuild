EAPI=99

DESCRIPTION="Written in an EAPI that nobody knows yet"
SLOT="0"
KEYWORDS="amd64"
LICENSE="GPL-2+"
