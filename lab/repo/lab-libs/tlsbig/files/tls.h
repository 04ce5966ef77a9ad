#ifndef TLS_H
#define TLS_H

const char *tls_name(void);

#endif
