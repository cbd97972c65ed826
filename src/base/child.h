/* What a process that was forked to run a command of the operator does first. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

/* Takes these as standard input and output (-1: /dev/null), /dev/null as standard error, closes all
   our other files, and takes signals as a program expects them. Ends the process (126) when it
   cannot. */
void child_become_quiet(int input, int output);

#endif
