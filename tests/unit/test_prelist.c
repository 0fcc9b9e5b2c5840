#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/place/region.h"
#include "sync-server/import/prelist.h"
#include "tests/lib/unit.h"

static struct err err;
static struct region_table *regions;

/* What was called, as text: one line a family or problem. */
static char out[1 << 16];
static size_t out_len;

static void PRINTF_LIKE(1, 2) say(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out + out_len, sizeof(out) - out_len, fmt, ap);
	va_end(ap);
	ck_assert(n >= 0 && (size_t)n < sizeof(out) - out_len);
	out_len += (size_t)n;
}

static void
say_cells(const struct prelist_cell *cells, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		say("%s%s=%s", i > 0 ? " " : "", cells[i].field->name,
		    cells[i].text);
}

static enum status
take_family(void *arg, const struct prelist_family *family, struct err *e)
{
	char village[REGION_TEXT_SIZE];
	size_t i;

	(void)arg;
	(void)e;
	region_print(family->village, village);
	say("F %s: ", family->key);
	say_cells(family->cells, family->ncells);
	say("\n");
	for (i = 0; i < family->npersons; i++) {
		say("P %zu: ", family->persons[i].line);
		say_cells(family->persons[i].cells, family->persons[i].ncells);
		say("\n");
	}
	return ST_OK;
}

static enum status
take_problem(void *arg, const struct prelist_problem *problem, struct err *e)
{
	(void)arg;
	(void)e;
	say("%s %zu %s %s '%s'\n", problem->loaded ? "W" : "B", problem->line,
	    prelist_rule_name(problem->rule), problem->column, problem->value);
	return ST_OK;
}

static const struct prelist_sink SINK = { NULL, take_family, take_problem };

static enum status
read_text(struct prelist_counts *counts, const char *text)
{
	struct prelist_opts opts = {
		.instrument = instrument_builtin(),
		.regions = regions,
		.regency = region_from_authority(6402),
		.today = day_make(2026, 11, 22),
	};

	out_len = 0;
	out[0] = '\0';
	return prelist_read_bytes(
	    counts, text, strlen(text), &opts, &SINK, &err);
}

#define HEAD "ID_DTKS,NO_KK,KODE_DESA,ALAMAT,NIK,NAMA,TGL_LAHIR,JK\n"
#define KK "6402990101200001"
#define SITI "6402994107900001,SITI AMINAH,01/07/1990,P"
#define BUDI "6402990203850001,BUDI,02/03/1985,L"

/* Everything that one file makes of itself. */
static const struct {
	const char *what, *text, *said;
} FILES[] = {
	{ "two members, each row with the family's cells",
	    HEAD "D1," KK ",64.02.05.2001,Jl. Melati," BUDI "\n"
		 "D1," KK ",64.02.05.2001,Jl. Melati," SITI "\n",
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1 no_kk=" KK
	    " alamat=Jl. Melati\n"
	    "P 2: nik=6402990203850001 nama=BUDI tgl_lahir=1985-03-02 jk=1\n"
	    "P 3: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n" },
	{ "rows of two families mixed",
	    HEAD "D1,,64.02.05.2001,A," BUDI "\n"
		 "D2,,64.02.05.2001,B," SITI "\n"
		 "D1,,64.02.05.2001,,,ANI,,\n",
	    "F PD2: kode_wil=64.02.05.2001 prelist_id=D2 alamat=B\n"
	    "P 3: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n"
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1 alamat=A\n"
	    "P 2: nik=6402990203850001 nama=BUDI tgl_lahir=1985-03-02 jk=1\n"
	    "P 4: nama=ANI\n" },
	{ "no prelist id: the card and the village",
	    HEAD "," KK ",64.02.05.2001,," BUDI "\n"
		 "," KK ",64.02.05.2002,," SITI "\n",
	    "F K" KK "/64.02.05.2001: kode_wil=64.02.05.2001 no_kk=" KK "\n"
	    "P 2: nik=6402990203850001 nama=BUDI tgl_lahir=1985-03-02 jk=1\n"
	    "F K" KK "/64.02.05.2002: kode_wil=64.02.05.2002 no_kk=" KK "\n"
	    "P 3: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n" },
	{ "byte order mark, semicolons, CRLF, a title and an empty line",
	    "\xef\xbb\xbf"
	    "DAFTAR PRELIST;;\r\n\r\n"
	    "Kode Desa;Nama Lengkap;No. KK\r\n"
	    "6402052001;IT;'" KK "\r\n"
	    ";;\r\n",
	    "F K" KK "/64.02.05.2001: kode_wil=64.02.05.2001 no_kk=" KK "\n"
	    "P 4: nama=IT\n" },
	{ "a line end in an address",
	    HEAD "D1,,64.02.05.2001,\"Jl. Melati\r\nRT 3\"," BUDI "\n"
		 "D2,,64.02.05.2001,," SITI "\n",
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1 alamat=Jl. Melati\n"
	    "RT 3\n"
	    "P 2: nik=6402990203850001 nama=BUDI tgl_lahir=1985-03-02 jk=1\n"
	    "F PD2: kode_wil=64.02.05.2001 prelist_id=D2\n"
	    "P 4: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n" },
	{ "the same NIK twice is loaded twice",
	    HEAD "D1,,64.02.05.2001,," SITI "\n"
		 "D2,,64.02.05.2001,," SITI "\n",
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1\n"
	    "P 2: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n"
	    "F PD2: kode_wil=64.02.05.2001 prelist_id=D2\n"
	    "P 3: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n" },
	{ "the same row twice is not",
	    HEAD "D1,,64.02.05.2001,," SITI "\n"
		 "D1,,64.02.05.2001,," SITI "\n",
	    "B 3 repeated  ''\n"
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1\n"
	    "P 2: nik=6402994107900001 nama=SITI AMINAH "
	    "tgl_lahir=1990-07-01 jk=2\n" },
	{ "a name that is empty",
	    HEAD "D1,,64.02.05.2001,,6402994107900001,-,NULL,\n",
	    "W 2 no-name NAMA '-'\n"
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1\n"
	    "P 2: nik=6402994107900001\n" },
	{ "names that look like nothing",
	    HEAD "D1,,64.02.05.2001,,,Na,,\nD1,,64.02.05.2001,,,NA70,,\n",
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1\n"
	    "P 2: nama=Na\nP 3: nama=NA70\n" },
	{ "a number that contradicts",
	    HEAD "D1,,64.02.05.2001,,6402994107900001,SITI,1990-07-02,P\n",
	    "W 2 identity NIK '6402994107900001'\n"
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1\n"
	    "P 2: nik=6402994107900001 nama=SITI tgl_lahir=1990-07-02 jk=2\n" },
	{ "a cell that differs, one that only the second has",
	    HEAD "D1,,64.02.05.2001,A,,ANI,,\nD1," KK
		 ",64.02.05.2001,B,,BEN,,\n",
	    "W 3 differs ALAMAT 'B'\n"
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1 no_kk=" KK
	    " alamat=A\n"
	    "P 2: nama=ANI\nP 3: nama=BEN\n" },
	{ "a family in two villages",
	    HEAD "D1,,64.02.05.2001,,,ANI,,\nD1,,64.02.05.2002,,,BEN,,\n",
	    "B 3 moved  ''\n"
	    "F PD1: kode_wil=64.02.05.2001 prelist_id=D1\n"
	    "P 2: nama=ANI\n" },
	{ "columns nobody knows",
	    "NO,KODE DESA,NAMA,NIK,NO KTP,NO KK\n"
	    "1,64.02.05.2001,ANI,,x," KK "\n",
	    "W 1 unknown-column NO ''\n"
	    "W 1 column-twice NO KTP ''\n"
	    "F K" KK "/64.02.05.2001: kode_wil=64.02.05.2001 no_kk=" KK "\n"
	    "P 2: nama=ANI\n" },
	{ "a column without a name that holds something is told of once",
	    "KODE DESA,NAMA,,NO KK,\n64.02.05.2001,ANI,," KK ",\n"
	    "64.02.05.2001,BEN,x," KK ",\n64.02.05.2001,CUT,y," KK ",\n",
	    "W 3 unknown-column  'x'\n"
	    "F K" KK "/64.02.05.2001: kode_wil=64.02.05.2001 no_kk=" KK "\n"
	    "P 2: nama=ANI\nP 3: nama=BEN\nP 4: nama=CUT\n" },
	{ "every fault of a row is said, and no warning",
	    HEAD "D1,,64.02.99.2001,,6.40E+15,-,31/02/1990,X\n",
	    "B 2 village KODE_DESA '64.02.99.2001'\n"
	    "B 2 damaged NIK '6.40E+15'\n"
	    "B 2 date TGL_LAHIR '31/02/1990'\n"
	    "B 2 code JK 'X'\n" },
	{ "an open quote costs one row",
	    HEAD "D1,,64.02.05.2001,\"Jl. Melati," SITI "\n"
		 "D2,,64.02.05.2001,,,ANI,,\n",
	    "B 2 quoting  'D1,,64.02.05.2001,\"Jl. Melati," SITI "'\n"
	    "F PD2: kode_wil=64.02.05.2001 prelist_id=D2\n"
	    "P 3: nama=ANI\n" },
};
#define NFILES (sizeof(FILES) / sizeof(FILES[0]))

static void
check_counts(const struct prelist_counts *counts)
{
	ck_assert_uint_eq(
	    counts->rows, counts->loaded + counts->refused + counts->blank);
}

START_TEST(a_file_becomes_families_and_problems)
{
	struct prelist_counts counts;

	ok(read_text(&counts, FILES[_i].text));
	ck_assert_msg(strcmp(out, FILES[_i].said) == 0,
	    "%s: said\n%sexpected\n%s", FILES[_i].what, out, FILES[_i].said);
	check_counts(&counts);
}
END_TEST

/* One row that is good but for one cell. */
static const struct {
	const char *column, *value;
	const char *rule;   /* "" if it is loaded */
	const char *loaded; /* as field=text */
} CELLS[] = {
	{ "TGL LAHIR", "31/12/1990", "", "tgl_lahir=1990-12-31" },
	{ "TGL LAHIR", "1-2-1990", "", "tgl_lahir=1990-02-01" },
	{ "TGL LAHIR", "01.02.1990", "", "tgl_lahir=1990-02-01" },
	{ "TGL LAHIR", "1990/02/01", "", "tgl_lahir=1990-02-01" },
	{ "TGL LAHIR", "1990-02-01 00:00:00", "", "tgl_lahir=1990-02-01" },
	{ "TGL LAHIR", "0000-00-00", "", "" },
	{ "TGL LAHIR", "29/02/1996", "", "tgl_lahir=1996-02-29" },
	{ "TGL LAHIR", "29/02/1995", "date", "" },
	{ "TGL LAHIR", "12/31/1990", "date", "" },
	{ "TGL LAHIR", "31/12/90", "date", "" },
	{ "TGL LAHIR", "33055", "date", "" },
	{ "TGL LAHIR", "1990-02-01 13:00:00", "date", "" },
	{ "TGL LAHIR", "1990-02/01", "date", "" },
	{ "TGL LAHIR", "22/11/2026", "", "tgl_lahir=2026-11-22" },
	{ "TGL LAHIR", "23/11/2026", "date", "" },
	{ "TGL LAHIR", "01/01/2043", "date", "" },
	{ "TGL LAHIR", "x", "date", "" },
	{ "JENIS KELAMIN", "Laki-laki", "", "jk=1" },
	{ "JENIS KELAMIN", "p", "", "jk=2" },
	{ "JENIS KELAMIN", "02", "", "jk=2" },
	{ "JENIS KELAMIN", "3", "code", "" },
	{ "JENIS KELAMIN", "N/A", "", "" },
	{ "HUBUNGAN KELUARGA", "Kepala Keluarga", "", "hub=1" },
	{ "NIK", "'6402994107900001", "", "nik=6402994107900001" },
	{ "NIK", "640299410790000", "value", "" },
	{ "NIK", "6402994107900001.0", "value", "" },
	{ "NIK", "6402 9941 0790 0001", "value", "" },
	{ "NIK", "6,40299E+15", "damaged", "" },
	{ "NIK", "6.40299410790E+15", "damaged", "" },
	{ "NIK", "6E15", "damaged", "" },
	{ "NIK", "E15", "value", "" },
	{ "LUAS LANTAI", "36", "", "luas_lantai=36" },
	{ "LUAS LANTAI", "036", "", "luas_lantai=36" },
	{ "LUAS LANTAI", "36,0", "", "luas_lantai=36" },
	{ "LUAS LANTAI", "36,5", "value", "" },
	{ "LUAS LANTAI", "1000", "value", "" },
	{ "LATITUDE", "-0,4567890", "", "lat=-0.456789" },
	{ "LATITUDE", "-0.45678901", "value", "" },
	{ "LATITUDE", "0", "", "lat=0" },
	{ "RT", "003", "", "rt=003" },
	{ "RT", "RT 3", "value", "" },
	{ "JENIS LANTAI", "Kayu / Papan", "", "lantai=5" },
	{ "DAYA", "900 Watt", "", "daya_1=2" },
	{ "CATATAN", "\"a\r\nb\"", "", "catatan=a\nb" },
};
#define NCELLS (sizeof(CELLS) / sizeof(CELLS[0]))

START_TEST(a_cell_is_read_as_its_field_wants_it)
{
	struct prelist_counts counts;
	char text[512], value[64];
	const char *said;

	snprintf(text, sizeof(text),
	    "ID DTKS;KODE DESA;NAMA;%s\nD1;64.02.05.2001;ANI;%s\n",
	    CELLS[_i].column, CELLS[_i].value);
	ok(read_text(&counts, text));
	check_counts(&counts);
	if (CELLS[_i].rule[0] == '\0') {
		said = CELLS[_i].loaded;
		ck_assert_msg(counts.loaded == 1 && strstr(out, said) != NULL,
		    "%s '%s': %s", CELLS[_i].column, CELLS[_i].value, out);
		return;
	}
	snprintf(value, sizeof(value), "B 2 %s %s '%s'\n", CELLS[_i].rule,
	    CELLS[_i].column, CELLS[_i].value);
	ck_assert_msg(strcmp(out, value) == 0, "%s '%s': %s", CELLS[_i].column,
	    CELLS[_i].value, out);
}
END_TEST

static const struct {
	const char *code, *rule, *loaded;
} VILLAGES[] = {
	{ "64.02.05.2001", "", "64.02.05.2001" },
	{ "6402052001", "", "64.02.05.2001" },
	{ "'64.02.10.2001", "", "64.02.10.2001" },
	{ "6402102001", "", "64.02.10.2001" },
	{ "", "village", "" },
	{ "64.02.05", "village", "" },
	{ "64.02.05.2999", "village", "" },
	{ "64.02.5.2001", "village", "" },
	{ "640205200", "village", "" },
	{ "6,402052001E+09", "damaged", "" },
	{ "64.03.01.2001", "outside", "" },
	{ "6403010012", "village", "" },
	{ "72.01.24.2001", "outside", "" },
};
#define NVILLAGES (sizeof(VILLAGES) / sizeof(VILLAGES[0]))

START_TEST(a_village_must_be_known_and_ours)
{
	struct prelist_counts counts;
	char text[256], want[128];

	snprintf(text, sizeof(text), "ID DTKS;KODE DESA;NAMA\nD1;%s;ANI\n",
	    VILLAGES[_i].code);
	ok(read_text(&counts, text));
	check_counts(&counts);
	if (VILLAGES[_i].rule[0] != '\0')
		snprintf(want, sizeof(want), "B 2 %s KODE DESA '%s'\n",
		    VILLAGES[_i].rule, VILLAGES[_i].code);
	else
		snprintf(want, sizeof(want),
		    "F PD1: kode_wil=%s prelist_id=D1\nP 2: nama=ANI\n",
		    VILLAGES[_i].loaded);
	ck_assert_str_eq(out, want);
}
END_TEST

START_TEST(an_old_village_is_loaded_as_its_successor)
{
	struct prelist_opts opts = {
		.instrument = instrument_builtin(),
		.regions = regions,
		.regency = region_from_authority(7201),
		.today = day_make(2026, 11, 22),
	};
	static const char TEXT[] = "ID DTKS,KODE DESA,NAMA\n"
				   "D1,72.01.09.2015,ANI\n"
				   "D2,72.01.09.2012,BEN\n";
	struct prelist_counts counts;

	out_len = 0;
	ok(prelist_read_bytes(
	    &counts, TEXT, sizeof(TEXT) - 1, &opts, &SINK, &err));
	ck_assert_str_eq(out,
	    "W 2 successor KODE DESA '72.01.09.2015'\n"
	    "F PD1: kode_wil=72.01.24.2001 prelist_id=D1\nP 2: nama=ANI\n"
	    "B 3 village KODE DESA '72.01.09.2012'\n");
	/* On a day when it was still valid nothing is to be said. */
	opts.today = day_make(2024, 1, 1);
	out_len = 0;
	ok(prelist_read_bytes(
	    &counts, TEXT, sizeof(TEXT) - 1, &opts, &SINK, &err));
	ck_assert_uint_eq(counts.loaded, 2);
	ck_assert_uint_eq(counts.reported, 0);
}
END_TEST

static const struct {
	const char *what, *row, *said;
} ROWS[] = {
	{ "a cell missing", "D1," KK ",64.02.05.2001,ANI",
	    "B 2 columns  ''\n" },
	{ "a cell too many", "D1," KK ",64.02.05.2001,ANI,,x",
	    "B 2 columns  ''\n" },
	{ "no key", ",,64.02.05.2001,ANI,", "B 2 no-family  ''\n" },
	{ "nobody", "D1,,64.02.05.2001,-,NULL", "B 2 nobody  ''\n" },
	{ "Latin-1", "D1,,64.02.05.2001,Ren\xe9,",
	    "B 2 encoding  'D1,,64.02.05.2001,Ren?,'\n" },
	{ "control character", "D1,,64.02.05.2001,A\x01NI,",
	    "B 2 value NAMA 'A\x01NI'\n" },
	{ "blank", " , ,, ,", "" },
};
#define NROWS (sizeof(ROWS) / sizeof(ROWS[0]))

START_TEST(a_row_that_cannot_be_placed_is_refused)
{
	struct prelist_counts counts;
	char text[256];

	snprintf(text, sizeof(text), "ID DTKS,NO KK,KODE DESA,NAMA,NIK\n%s\n",
	    ROWS[_i].row);
	ok(read_text(&counts, text));
	check_counts(&counts);
	ck_assert_msg(
	    strcmp(out, ROWS[_i].said) == 0, "%s: %s", ROWS[_i].what, out);
	ck_assert_uint_eq(counts.rows, 1);
	ck_assert_uint_eq(counts.loaded, 0);
}
END_TEST

/* ${n} rows, of which ${kept} have a NIK that does not end in 0. */
static void
make_numbers(char *text, size_t size, int n, int kept)
{
	size_t at;
	int i;

	at = (size_t)snprintf(text, size, "ID DTKS,KODE DESA,NAMA,NIK\n");
	for (i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, size - at,
		    "D%d,64.02.05.2001,ANI,640299410790%03d%d\n", i, i + 1,
		    i < kept ? 1 : 0);
}

START_TEST(a_column_whose_last_digits_were_lost_is_refused)
{
	static char text[8192];
	struct prelist_counts counts;

	make_numbers(text, sizeof(text), 100, 5);
	ok(read_text(&counts, text));
	check_counts(&counts);
	ck_assert_uint_eq(counts.refused, 95);
	ck_assert_uint_eq(counts.families, 5);
	ck_assert(strstr(out, "B 50 damaged NIK") != NULL);
	make_numbers(text, sizeof(text), 100, 6);
	ok(read_text(&counts, text));
	ck_assert_uint_eq(counts.loaded, 100);
	make_numbers(text, sizeof(text), 19, 0);
	ok(read_text(&counts, text));
	ck_assert_uint_eq(counts.loaded, 19);
}
END_TEST

START_TEST(a_family_has_a_largest_number_of_members)
{
	static char text[4096];
	struct prelist_counts counts;
	size_t at =
	    (size_t)snprintf(text, sizeof(text), "ID DTKS,KODE DESA,NAMA\n");
	int i;

	for (i = 1; i <= 32; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "D1,64.02.05.2001,ANI %d\n", i);
	ok(read_text(&counts, text));
	check_counts(&counts);
	ck_assert_uint_eq(counts.loaded, 30);
	ck_assert_uint_eq(counts.families, 1);
	ck_assert(strstr(out, "B 32 members") == out);
}
END_TEST

static const struct {
	const char *what, *text, *word;
} NO_LISTS[] = {
	{ "nothing", "", "the file is empty" },
	{ "no village", "NAMA,NO KK\nANI," KK "\n", "nearest: KODE DESA" },
	{ "no person", "KODE DESA,NO KK\n", "nearest: NAMA or NIK" },
	{ "no family", "KODE DESA;NAMA\n", "nearest: ID DTKS or NO KK" },
	{ "a workbook", "PK\3\4", "workbook" },
	{ "text", "Kepada Yth.\nBapak/Ibu\n",
	    "nearest: KODE DESA; NAMA or NIK; ID DTKS or NO KK" },
	{ "a header too far down",
	    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nKODE DESA,NAMA,NO KK\n",
	    "nearest: KODE DESA; NAMA or NIK; ID DTKS or NO KK" },
};
#define NNO_LISTS (sizeof(NO_LISTS) / sizeof(NO_LISTS[0]))

START_TEST(what_is_no_prelist_is_refused_whole)
{
	struct prelist_counts counts;

	ck_assert_msg(read_text(&counts, NO_LISTS[_i].text) == ST_INVALID, "%s",
	    NO_LISTS[_i].what);
	ck_assert_msg(strstr(err.text, NO_LISTS[_i].word) != NULL, "%s: %s",
	    NO_LISTS[_i].what, err.text);
	ck_assert_uint_eq(out_len, 0);
}
END_TEST

static enum status
refuse_all(void *arg, const struct prelist_family *family, struct err *e)
{
	(void)arg;
	(void)family;
	return err_set(e, ST_FULL, "planted");
}

START_TEST(who_takes_the_families_may_end_it)
{
	static const char TEXT[] = "ID DTKS,KODE DESA,NAMA\n"
				   "D1,64.02.05.2001,ANI\n"
				   "D2,64.02.05.2001,BEN\n"
				   "D1,64.02.05.2001,CUT\n";
	struct prelist_opts opts = {
		.instrument = instrument_builtin(),
		.regions = regions,
		.regency = region_from_authority(6402),
		.today = day_make(2026, 11, 22),
	};
	struct prelist_sink sink = { NULL, refuse_all, take_problem };
	struct prelist_counts counts;

	ck_assert_int_eq(prelist_read_bytes(&counts, TEXT, sizeof(TEXT) - 1,
			     &opts, &sink, &err),
	    ST_FULL);
	ck_assert_str_eq(err.text, "planted");
}
END_TEST

START_TEST(each_rule_has_a_word_and_a_sentence)
{
	int rule;

	for (rule = PRELIST_QUOTING; rule <= PRELIST_TWICE; rule++) {
		if (rule > PRELIST_ERASED && rule < PRELIST_NO_NAME)
			continue;
		ck_assert_str_ne(
		    prelist_rule_name((enum prelist_rule)rule), "");
		ck_assert_str_ne(
		    prelist_rule_text((enum prelist_rule)rule), "");
	}
}
END_TEST

static void
open_regions(void)
{
	ok(region_table_read(
	    &regions, env_real(), getenv("PADU_REGIONS"), &err));
}

static void
close_regions(void)
{
	region_table_free(regions);
}

static void
add(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, open_regions, close_regions);
	tcase_add_loop_test(
	    tc, a_file_becomes_families_and_problems, 0, (int)NFILES);
	tcase_add_loop_test(
	    tc, a_cell_is_read_as_its_field_wants_it, 0, (int)NCELLS);
	tcase_add_loop_test(
	    tc, a_village_must_be_known_and_ours, 0, (int)NVILLAGES);
	tcase_add_test(tc, an_old_village_is_loaded_as_its_successor);
	tcase_add_loop_test(
	    tc, a_row_that_cannot_be_placed_is_refused, 0, (int)NROWS);
	tcase_add_test(tc, a_column_whose_last_digits_were_lost_is_refused);
	tcase_add_test(tc, a_family_has_a_largest_number_of_members);
	tcase_add_loop_test(
	    tc, what_is_no_prelist_is_refused_whole, 0, (int)NNO_LISTS);
	tcase_add_test(tc, who_takes_the_families_may_end_it);
	tcase_add_test(tc, each_rule_has_a_word_and_a_sentence);
}

UNIT_MAIN("prelist", add)
