#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "tests/lib/unit.h"

static struct err err;

static const struct instrument_field *
field(const char *name)
{
	const struct instrument_field *f =
	    instrument_find_name(instrument_builtin(), name);

	ck_assert_msg(f != NULL, "%s", name);
	return f;
}

static struct instrument_value
value(const char *text)
{
	return (struct instrument_value){ text, strlen(text) };
}

/* Ids are for ever: a row that fails here was renumbered. */
static const struct {
	const char *name;
	uint16_t id, reg;
	enum change_record_kind kind;
} IDS[] = {
	{ "keberadaan_kel", 16, INSTRUMENT_LIFE, RECORD_HOUSEHOLD },
	{ "alasan_kel", 18, INSTRUMENT_LIFE, RECORD_HOUSEHOLD },
	{ "keberadaan_ind", 19, INSTRUMENT_LIFE, RECORD_PERSON },
	{ "tgl_peristiwa_ind", 20, INSTRUMENT_LIFE, RECORD_PERSON },
	{ "id_keluarga", 22, INSTRUMENT_HOUSEHOLD, RECORD_PERSON },
	{ "sama_dengan_kel", 23, INSTRUMENT_SAME_AS, RECORD_HOUSEHOLD },
	{ "sama_dengan_ind", 24, INSTRUMENT_SAME_AS, RECORD_PERSON },
	{ "kode_wil", 25, INSTRUMENT_PLACE, RECORD_HOUSEHOLD },
	{ "nik", 33, 32, RECORD_PERSON },
	{ "jk", 36, 32, RECORD_PERSON },
	{ "lat", 41, 40, RECORD_HOUSEHOLD },
	{ "akurasi_m", 43, 40, RECORD_HOUSEHOLD },
	{ "prelist_id", 50, 50, RECORD_HOUSEHOLD },
	{ "luas_lantai", 62, 62, RECORD_HOUSEHOLD },
	{ "catatan", 121, 121, RECORD_HOUSEHOLD },
	{ "hub", 131, 131, RECORD_PERSON },
	{ "padan", 158, 158, RECORD_PERSON },
};
#define NIDS (sizeof(IDS) / sizeof(IDS[0]))

START_TEST(a_field_keeps_its_number_and_register)
{
	const struct instrument_field *f = field(IDS[_i].name);

	ck_assert_uint_eq(f->id, IDS[_i].id);
	ck_assert_uint_eq(f->reg, IDS[_i].reg);
	ck_assert_int_eq(f->kind, IDS[_i].kind);
	ck_assert_ptr_eq(
	    instrument_find_id(instrument_builtin(), IDS[_i].id), f);
}
END_TEST

START_TEST(every_field_lies_in_its_register_once)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_register *reg;
	const struct instrument_field *f;
	size_t i, k, nfields = 0, nidentity = 0;

	for (i = 0; i < ins->nregisters; i++) {
		reg = &ins->registers[i];
		ck_assert_ptr_eq(
		    instrument_find_register(ins, reg->kind, reg->id), reg);
		ck_assert_uint_ge(reg->nfields, 1);
		ck_assert_uint_le(reg->nfields, INSTRUMENT_GROUP_MAX);
		for (k = 0; k < reg->nfields; k++) {
			f = &reg->fields[k];
			ck_assert_uint_eq(f->reg, reg->id);
			ck_assert_int_eq(f->kind, reg->kind);
			ck_assert_uint_ge(f->id, 16);
			nidentity += f->identity;
		}
		nfields += reg->nfields;
	}
	ck_assert_uint_eq(nfields, ins->nfields);
	ck_assert_uint_le(ins->nregisters, RECORD_REGISTERS_MAX);
	ck_assert_uint_eq(nidentity, 2);
	ck_assert(field("nik")->identity && field("no_kk")->identity);
	ck_assert(field("kelayakan")->desk && !field("catatan")->desk);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	const struct instrument *ins = instrument_builtin();

	ck_assert_ptr_null(instrument_find_id(ins, 1));
	ck_assert_ptr_null(instrument_find_name(ins, "nik "));
	ck_assert_ptr_null(instrument_find_column(ins, ""));
	ck_assert_ptr_null(instrument_find_column(ins, "no"));
	ck_assert_ptr_null(instrument_find_column(ins, "id_anggota"));
	ck_assert_ptr_null(instrument_find_register(ins, RECORD_HOUSEHOLD, 32));
	ck_assert_ptr_null(instrument_find_register(ins, RECORD_PERSON, 9));
}
END_TEST

static const struct {
	const char *header, *name;
} COLUMNS[] = {
	{ "no_kk", "no_kk" },
	{ "No. KK", "no_kk" },
	{ "NOMOR KARTU KELUARGA", "no_kk" },
	{ " nik ", "nik" },
	{ "Nama Lengkap", "nama" },
	{ "Tanggal Lahir", "tgl_lahir" },
	{ "Jenis Kelamin (L/P)", NULL },
	{ "JENIS_KELAMIN", "jk" },
	{ "Kode Desa/Kelurahan", "kode_wil" },
	{ "ID DTKS", "prelist_id" },
	{ "RT", "rt" },
	{ "Hub. Keluarga", NULL },
	{ "Hubungan Keluarga", "hub" },
	{ "daya_1", "daya_1" },
};
#define NCOLUMNS (sizeof(COLUMNS) / sizeof(COLUMNS[0]))

START_TEST(a_header_is_known_however_it_is_spelt)
{
	const struct instrument_field *f =
	    instrument_find_column(instrument_builtin(), COLUMNS[_i].header);

	if (COLUMNS[_i].name == NULL)
		ck_assert_ptr_null(f);
	else
		ck_assert_ptr_eq(f, field(COLUMNS[_i].name));
}
END_TEST

static const struct {
	const char *name, *text;
	bool good;
} VALUES[] = {
	{ "nama", "SITI", true },
	{ "nama", "IT", true },
	{ "nama", "NA70", true },
	{ "nama", " SITI", false },
	{ "nama", "SITI ", false },
	{ "nama", "SI\tTI", false },
	{ "nama", "SI\x7fTI", false },
	{ "nama", "Caf\xc3\xa9", true },
	{ "nama", "Caf\xe9", false },
	{ "catatan", "baris satu\nbaris dua", true },
	{ "nik", "6402994107900001", true },
	{ "nik", "640299410790000", false },
	{ "nik", "64029941079000011", false },
	{ "nik", "6.40E+15", false },
	{ "rt", "001", true },
	{ "rt", "1", true },
	{ "rt", "0001", false },
	{ "rt", "RT1", false },
	{ "luas_lantai", "1", true },
	{ "luas_lantai", "999", true },
	{ "luas_lantai", "0", false },
	{ "luas_lantai", "1000", false },
	{ "luas_lantai", "036", false },
	{ "luas_lantai", "+36", false },
	{ "luas_lantai", "-36", false },
	{ "luas_lantai", "36.5", false },
	{ "luas_lantai", "36.", false },
	{ "luas_lantai", "3 6", false },
	{ "luas_lantai", "9999999999999999999999", false },
	{ "jml_sapi", "0", true },
	{ "jml_sapi", "-0", false },
	{ "lat", "-0.4567891", true },
	{ "lat", "0", true },
	{ "lat", "-0", false },
	{ "lat", "-0.0", false },
	{ "lat", "0.10", false },
	{ "lat", ".5", false },
	{ "lat", "0.12345678", false },
	{ "lat", "-11.5", true },
	{ "lat", "-11.5000001", false },
	{ "lat", "6.5000001", false },
	{ "lat", "1,5", false },
	{ "lon", "117.1234567", true },
	{ "lon", "17.1234567", false },
	{ "tgl_lahir", "1990-07-01", true },
	{ "tgl_lahir", "01/07/1990", false },
	{ "tgl_lahir", "1990-02-30", false },
	{ "jk", "1", true },
	{ "jk", "3", false },
	{ "jk", "L", false },
	{ "jk", "01", false },
	{ "kronis", "11", true },
	{ "kronis", "12", false },
	{ "ijazah", "22", true },
	{ "ijazah", "23", true },
	{ "jenjang", "23", false },
	{ "alasan_ind", "KOREKSI", true },
	{ "alasan_ind", "koreksi", false },
	{ "kode_wil", "64.02.05.2001", true },
	{ "kode_wil", "64.02.05", false },
	{ "kode_wil", "6402052001", false },
	{ "id_keluarga", "5629499534213119999", true },
	{ "id_keluarga", "5629499534213120000", false },
	{ "id_keluarga", "1", false },
};
#define NVALUES (sizeof(VALUES) / sizeof(VALUES[0]))

/* The text names the field and never gives the value away. */
START_TEST(a_value_follows_its_field)
{
	enum status st = instrument_check(
	    field(VALUES[_i].name), value(VALUES[_i].text), &err);

	ck_assert_msg(st == (VALUES[_i].good ? ST_OK : ST_INVALID), "%s '%s'",
	    VALUES[_i].name, VALUES[_i].text);
	if (!VALUES[_i].good) {
		ck_assert_ptr_eq(strstr(err.text, VALUES[_i].name), err.text);
		if (strlen(VALUES[_i].text) > 6)
			ck_assert_ptr_null(strstr(err.text, VALUES[_i].text));
	}
}
END_TEST

START_TEST(no_value_may_always_stand)
{
	const struct instrument *ins = instrument_builtin();
	size_t i;

	for (i = 0; i < ins->nfields; i++)
		ok(instrument_check(&ins->fields[i], value(""), &err));
}
END_TEST

START_TEST(a_value_with_a_nul_in_it_is_refused)
{
	static const char *const NAMES[] = { "nama", "nik", "luas_lantai",
		"lat", "tgl_lahir", "jk", "kode_wil", "id_keluarga" };
	struct instrument_value v = { "1990-07-01\0x", 12 };
	size_t i;

	for (i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		ck_assert_int_eq(
		    instrument_check(field(NAMES[i]), v, &err), ST_INVALID);
}
END_TEST

START_TEST(text_is_measured_in_characters)
{
	char text[401];
	int i;

	for (i = 0; i < 200; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 3);
	ok(instrument_check(
	    field("nama"), (struct instrument_value){ text, 200 }, &err));
	ck_assert_int_eq(instrument_check(field("nama"),
			     (struct instrument_value){ text, 202 }, &err),
	    ST_INVALID);
}
END_TEST

static const struct {
	const char *text, *name, *code;
} WORDS[] = {
	{ "L", "jk", "1" },
	{ "Laki-Laki", "jk", "1" },
	{ "PEREMPUAN", "jk", "2" },
	{ "p", "jk", "2" },
	{ "2", "jk", "2" },
	{ "x", "jk", NULL },
	{ "", "jk", NULL },
	{ "Kepala Keluarga", "hub", "1" },
	{ "Istri", "hub", "2" },
	{ "Kayu/Papan", "lantai", "5" },
	{ "Cerai Hidup", "kawin", "3" },
	{ "Ya", "terima_pkh", "1" },
};
#define NWORDS (sizeof(WORDS) / sizeof(WORDS[0]))

START_TEST(a_code_is_known_by_its_words)
{
	const struct instrument_code *code =
	    instrument_guess_code(field(WORDS[_i].name), WORDS[_i].text);

	if (WORDS[_i].code == NULL)
		ck_assert_ptr_null(code);
	else
		ck_assert_str_eq(code->code, WORDS[_i].code);
}
END_TEST

START_TEST(a_group_comes_back_as_it_went_in)
{
	const struct instrument_register *reg =
	    instrument_find_register(instrument_builtin(), RECORD_PERSON, 32);
	struct instrument_value in[4] = { value("6402994107900001"),
		value("SITI AMINAH"), value(""), value("2") };
	struct instrument_value out[4];
	struct writer w = { 0 };
	size_t i;

	ok(instrument_pack(&w, reg, in, &err));
	ck_assert_uint_eq(w.len, 4 + 16 + 11 + 1);
	ck_assert_uint_eq(w.bytes[0], 16);
	ok(instrument_check_packed(reg, w.bytes, w.len, &err));
	ok(instrument_unpack(out, reg, w.bytes, w.len, &err));
	for (i = 0; i < 4; i++) {
		ck_assert_uint_eq(out[i].len, in[i].len);
		ck_assert_mem_eq(out[i].text, in[i].text, in[i].len);
	}
	for (i = 0; i < w.len; i++)
		ck_assert_int_eq(instrument_unpack(out, reg, w.bytes, i, &err),
		    i == 0 ? ST_OK : ST_INVALID);
	writer_u8(&w, 0);
	ck_assert_int_eq(
	    instrument_unpack(out, reg, w.bytes, w.len, &err), ST_INVALID);
	writer_free(&w);
}
END_TEST

START_TEST(a_field_alone_is_its_text)
{
	const struct instrument_register *reg = instrument_find_register(
	    instrument_builtin(), RECORD_HOUSEHOLD, field("alamat")->id);
	struct instrument_value in = value("Jl. Melati RT 3"), out;
	struct writer w = { 0 };

	ok(instrument_pack(&w, reg, &in, &err));
	ck_assert_uint_eq(w.len, in.len);
	ck_assert_mem_eq(w.bytes, in.text, in.len);
	ok(instrument_unpack(&out, reg, w.bytes, w.len, &err));
	ck_assert_mem_eq(out.text, in.text, in.len);
	writer_free(&w);
}
END_TEST

START_TEST(nothing_is_no_bytes_and_has_no_other_spelling)
{
	const struct instrument_register *reg = instrument_find_register(
	    instrument_builtin(), RECORD_HOUSEHOLD, 40);
	static const uint8_t ZEROS[3] = { 0 };
	static const uint8_t PADDED[] = { 0x81, 0, '1', 0, 0 };
	struct instrument_value v[3] = { value(""), value(""), value("") };
	struct writer w = { 0 };

	ok(instrument_pack(&w, reg, v, &err));
	ck_assert_uint_eq(w.len, 0);
	ok(instrument_unpack(v, reg, ZEROS, 0, &err));
	ck_assert_uint_eq(v[0].len + v[1].len + v[2].len, 0);
	ck_assert_int_eq(instrument_unpack(v, reg, ZEROS, 3, &err), ST_INVALID);
	ck_assert_int_eq(
	    instrument_unpack(v, reg, PADDED, sizeof(PADDED), &err),
	    ST_INVALID);
	writer_free(&w);
}
END_TEST

START_TEST(a_wrong_text_is_not_packed)
{
	const struct instrument_register *reg = instrument_find_register(
	    instrument_builtin(), RECORD_HOUSEHOLD, 40);
	struct instrument_value v[3] = { value("0.5"), value("999"),
		value("5") };
	static const uint8_t BYTES[] = { 3, '0', '.', '5', 3, '9', '9', '9', 1,
		'5' };
	struct writer w = { 0 };

	ck_assert_int_eq(instrument_pack(&w, reg, v, &err), ST_INVALID);
	ck_assert_uint_eq(w.len, 0);
	ok(instrument_unpack(v, reg, BYTES, sizeof(BYTES), &err));
	ck_assert_int_eq(
	    instrument_check_packed(reg, BYTES, sizeof(BYTES), &err),
	    ST_INVALID);
	writer_free(&w);
}
END_TEST

static const struct {
	enum change_record_kind kind;
	const char *state;
	bool gone;
} LIVES[] = {
	{ RECORD_PERSON, "1", false },
	{ RECORD_PERSON, "2", true },
	{ RECORD_PERSON, "5", false },
	{ RECORD_PERSON, "6", true },
	{ RECORD_PERSON, "", false },
	{ RECORD_HOUSEHOLD, "2", false },
	{ RECORD_HOUSEHOLD, "5", true },
	{ RECORD_HOUSEHOLD, "11", true },
};
#define NLIVES (sizeof(LIVES) / sizeof(LIVES[0]))

START_TEST(the_life_register_says_who_is_gone)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_register *reg =
	    instrument_find_register(ins, LIVES[_i].kind, INSTRUMENT_LIFE);
	struct instrument_value v[3] = { value(LIVES[_i].state),
		value("2026-01-31"), value("") };
	struct writer w = { 0 };

	ok(instrument_pack(&w, reg, v, &err));
	ck_assert_msg(instrument_gone(ins, LIVES[_i].kind, w.bytes, w.len) ==
		LIVES[_i].gone,
	    "'%s'", LIVES[_i].state);
	ck_assert(!instrument_gone(ins, LIVES[_i].kind, NULL, 0));
	writer_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, a_field_keeps_its_number_and_register, 0, (int)NIDS);
	tcase_add_test(tc, every_field_lies_in_its_register_once);
	tcase_add_test(tc, what_is_not_there_is_not_found);
	tcase_add_loop_test(
	    tc, a_header_is_known_however_it_is_spelt, 0, (int)NCOLUMNS);
	tcase_add_loop_test(tc, a_value_follows_its_field, 0, (int)NVALUES);
	tcase_add_test(tc, no_value_may_always_stand);
	tcase_add_test(tc, a_value_with_a_nul_in_it_is_refused);
	tcase_add_test(tc, text_is_measured_in_characters);
	tcase_add_loop_test(tc, a_code_is_known_by_its_words, 0, (int)NWORDS);
	tcase_add_test(tc, a_group_comes_back_as_it_went_in);
	tcase_add_test(tc, a_field_alone_is_its_text);
	tcase_add_test(tc, nothing_is_no_bytes_and_has_no_other_spelling);
	tcase_add_test(tc, a_wrong_text_is_not_packed);
	tcase_add_loop_test(
	    tc, the_life_register_says_who_is_gone, 0, (int)NLIVES);
}

UNIT_MAIN("instrument", add)
