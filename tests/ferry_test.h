/* The includes that cmocka wants, in the order that it wants them. */
#ifndef TESTS_FERRY_TEST_H
#define TESTS_FERRY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
