/* The parts of ferry-practice that need no server. */
#ifndef PRACTICE_MAKE_ARCHIVE_H
#define PRACTICE_MAKE_ARCHIVE_H

/* "make-archive FILE --tenants N ...": writes an archive; argv[0] is "make-archive". Gives the exit
   code of the program. */
int make_archive_main(int argc, char **argv);
/* "describe FILE [--json]": what an archive brings, counted for each tenant. */
int describe_main(int argc, char **argv);

#endif
