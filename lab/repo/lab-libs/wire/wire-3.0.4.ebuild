EAPI=8

LAB_SOURCES="v3"
inherit lab-c

DESCRIPTION="A wire protocol; its two versions live side by side"
SLOT="3/30"

src_compile() {
	lab-c_library wire-3 30
}

src_install() {
	dolib.so libwire-3.so.30
	dosym libwire-3.so.30 "/usr/$(get_libdir)/libwire-3.so"
	insinto /usr/include/wire-3
	doins wire.h
}
