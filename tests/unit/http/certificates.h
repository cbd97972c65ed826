/* Certificates made by the openssl program in the current folder, for tests of TLS. */
#ifndef TESTS_HTTP_CERTIFICATES_H
#define TESTS_HTTP_CERTIFICATES_H

/* Makes NAME.key and NAME.pem: a CA of its own. Fails the test if openssl does. */
void certificate_authority(const char *name);
/* Makes NAME.key and NAME.pem, signed by CA, for a subject alternative name such as "IP:127.0.0.1",
   valid for days from now (-1: it ended yesterday). */
void certificate_for(const char *name, const char *ca, const char *alternative, int days);

#endif
