#include <stdio.h>

#include "common/base/writer.h"
#include "common/json/json.h"

#include "common/doctor/symptom.h"

enum status
symptom_put(struct writer *out, struct err *err, const struct symptom *symptom,
    const char *fmt, va_list args)
{
	struct json_writer w = json_writer_start(out);
	char detail[320];
	enum status st;

	json_put_object(&w, NULL);
	json_put_string(&w, "check", symptom->check);
	json_put_string(&w, "state", symptom->state);
	json_put_string(&w, "finding", symptom->name);
	if (fmt != NULL) {
		vsnprintf(detail, sizeof(detail), fmt, args);
		json_put_message(&w, "detail", detail);
	}
	json_put_string(&w, "en", symptom->en);
	json_put_string(&w, "id", symptom->id);
	json_put_end(&w);
	if ((st = json_writer_finish(&w, err)) == ST_OK)
		writer_u8(out, '\n');
	return st;
}
