EAPI=8

LAB_SOURCES="v2"
inherit lab-c

DESCRIPTION="A wire protocol; its two versions live side by side"
SLOT="2/28"

src_compile() {
	lab-c_library wire-2 28
}

src_install() {
	dolib.so libwire-2.so.28
	dosym libwire-2.so.28 "/usr/$(get_libdir)/libwire-2.so"
	insinto /usr/include/wire-2
	doins wire.h
}
