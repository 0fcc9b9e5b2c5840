#ifndef COMMON_WIRE_SQUEEZE_DICT_H
#define COMMON_WIRE_SQUEEZE_DICT_H

/*
 * squeeze_dict: the bytes of SQUEEZE_DICT_VERVAL, embedded at build from
 * verval.zdict by embed-bytes.sh.  For squeeze.c alone.
 */

#include <stddef.h>
#include <stdint.h>

extern const uint8_t squeeze_verval[];
extern const size_t squeeze_verval_len;

#endif /* COMMON_WIRE_SQUEEZE_DICT_H */
