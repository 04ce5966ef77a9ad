EAPI=8

inherit lab-c

DESCRIPTION="A parenthesis of its dependencies is never closed"
DEPEND="|| ( lab-libs/checksum lab-libs/textkit"
RDEPEND=""
