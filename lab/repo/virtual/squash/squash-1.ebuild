EAPI=8

DESCRIPTION="Virtual for a run-length compression library"
HOMEPAGE="https://example.org/build-swarm/lab"
LICENSE="GPL-2+"
SLOT="0"
KEYWORDS="amd64"
RDEPEND="|| ( lab-libs/squash lab-libs/minisquash )"
