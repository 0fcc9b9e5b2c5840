#ifndef COMMON_INSTRUMENT_INSTRUMENT_INTERNAL_H
#define COMMON_INSTRUMENT_INSTRUMENT_INTERNAL_H

#include "common/instrument/instrument.h"

/* Made from verval.json at build time. */
extern const struct instrument instrument_verval;

#endif /* COMMON_INSTRUMENT_INSTRUMENT_INTERNAL_H */
