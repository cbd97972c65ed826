/* "drop-deployment ARCHIVE TENANT/ID OUT": a copy of an archive without one deployment. */
#ifndef PRACTICE_DROP_DEPLOYMENT_H
#define PRACTICE_DROP_DEPLOYMENT_H

/* argv[0] is "drop-deployment". Gives the exit code of the program. */
int drop_deployment_main(int argc, char **argv);

#endif
