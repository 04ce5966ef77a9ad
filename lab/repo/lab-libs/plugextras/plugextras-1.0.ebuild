EAPI=8

inherit lab-c

DESCRIPTION="The plugins that nearly everybody wants"
DEPEND="lab-libs/plugcore"
RDEPEND="lab-libs/plugcore"

src_compile() {
	lab-c_library plug-extras 0 -lplugcore
}

src_install() {
	newlib.so libplug-extras.so.0 libplug-extras.so
}
