#ifndef TESTS_STORE_GOLDEN_H
#define TESTS_STORE_GOLDEN_H

/* Write the golden file of this version of the format; an exit status. */
int golden_make(const char *folder);

#endif /* TESTS_STORE_GOLDEN_H */
