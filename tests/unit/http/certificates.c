#include "certificates.h"

#include "base/mem.h"
#include "ferry_test.h"
#include "support/process.h"

static void run(const char *const *argv)
{
    int status = process_run(argv);

    if (status != 0) {
        fail_msg("openssl %s ended with %d, see output.log", argv[1], status);
    }
}

void certificate_authority(const char *name)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *const argv[] = {"openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-days",
                                "30",
                                "-subj",
                                mem_printf(scope, "/CN=%s", name),
                                "-keyout",
                                mem_printf(scope, "%s.key", name),
                                "-out",
                                mem_printf(scope, "%s.pem", name),
                                NULL};

    run(argv);
}

void certificate_for(const char *name, const char *ca, const char *alternative, int days)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *request = mem_printf(scope, "%s.csr", name);
    const char *const ask[] = {"openssl",
                               "req",
                               "-newkey",
                               "ec",
                               "-pkeyopt",
                               "ec_paramgen_curve:P-256",
                               "-nodes",
                               "-subj",
                               mem_printf(scope, "/CN=%s", name),
                               "-addext",
                               mem_printf(scope, "subjectAltName=%s", alternative),
                               "-keyout",
                               mem_printf(scope, "%s.key", name),
                               "-out",
                               request,
                               NULL};
    const char *const sign[] = {"openssl",
                                "x509",
                                "-req",
                                "-in",
                                request,
                                "-CA",
                                mem_printf(scope, "%s.pem", ca),
                                "-CAkey",
                                mem_printf(scope, "%s.key", ca),
                                "-CAcreateserial",
                                "-copy_extensions",
                                "copy",
                                "-days",
                                mem_printf(scope, "%d", days),
                                "-out",
                                mem_printf(scope, "%s.pem", name),
                                NULL};

    run(ask);
    run(sign);
}
