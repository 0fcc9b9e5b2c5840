#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/door.h"
#include "tests/lib/raw.h"

START_TEST(a_bundle_is_answered_with_signed_receipts)
{
	struct ask a = { 0 };
	struct bundle b;

	make_bundle(&b, &laptop, 1);
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 200);
	ck_assert_int_eq(judge(&a, &b), RECEIPT_MERGED);
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

START_TEST(the_same_bundle_again_gets_the_same_receipts)
{
	struct ask one = { 0 }, two = { 0 };
	struct reply first, again;
	struct bundle b;

	make_bundle(&b, &laptop, 1);
	ck_assert_uint_eq(post(&one, &b, 0, b.bytes.len), 200);
	http_close(http);
	office_restart(&office);
	start(0);
	ck_assert_uint_eq(post(&two, &b, 0, b.bytes.len), 200);
	ok(reply_unpack(&first, one.reply.bytes, one.reply.len, b.name,
	    office.server->card.receipt_public, &err));
	ok(reply_unpack(&again, two.reply.bytes, two.reply.len, b.name,
	    office.server->card.receipt_public, &err));
	ck_assert_uint_eq(first.nreceipts, again.nreceipts);
	ck_assert_mem_eq(first.receipts, again.receipts,
	    (size_t)first.nreceipts * RECEIPT_LEN);
	writer_free(&one.reply);
	writer_free(&two.reply);
	writer_free(&b.bytes);
}
END_TEST

/* Send a head that promises all of ${b} and then only ${len} bytes of it. */
static void
break_off(const struct bundle *b, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(http_port(http)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timespec nap = { 0, 20000000 };
	char text[400];
	int i, n;

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	n = snprintf(text, sizeof(text),
	    "POST /v1/bundles/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	    "Upload-Offset: 0\r\nUpload-Length: %zu\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    b->hex, b->bytes.len, b->bytes.len);
	ck_assert_int_eq(write(fd, text, (size_t)n), n);
	ck_assert_int_eq(write(fd, b->bytes.bytes, len), (ssize_t)len);
	for (i = 0; i < 5; i++)
		nanosleep(&nap, NULL);
	close(fd);
}

/* Small ones are kept in memory first, large ones in a file. */
static const uint32_t SETS[] = { 1, 60 };

START_TEST(an_upload_that_broke_goes_on_where_it_was)
{
	struct timespec nap = { 0, 20000000 };
	struct ask a = { 0 };
	struct bundle b;
	long have = 0;
	int i;

	make_bundle_of(&b, &laptop, SETS[_i]);
	ck_assert_str_eq(head(&a, &b), "0");
	break_off(&b, 100);
	for (i = 0; i < 100 && have == 0; i++) {
		have = strtol(head(&a, &b), NULL, 10);
		nanosleep(&nap, NULL);
	}
	ck_assert_int_eq(have, 100);
	ck_assert_uint_eq(post(&a, &b, have, b.bytes.len - (size_t)have), 200);
	ck_assert_int_eq(judge(&a, &b), RECEIPT_MERGED);
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

START_TEST(pieces_may_overlap_and_come_one_by_one)
{
	struct ask a = { 0 };
	struct bundle b;

	make_bundle(&b, &laptop, 1);
	ck_assert_uint_eq(post(&a, &b, 0, 150), 202);
	ck_assert_str_eq(a.have, "150");
	ck_assert_uint_eq(post(&a, &b, 50, 120), 202);
	ck_assert_str_eq(a.have, "170");
	ck_assert_uint_eq(post(&a, &b, 30, b.bytes.len - 30), 200);
	ck_assert_int_eq(judge(&a, &b), RECEIPT_MERGED);
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

START_TEST(a_gap_is_refused_and_told_where_to_go_on)
{
	struct ask a = { 0 };
	struct bundle b;

	make_bundle(&b, &laptop, 1);
	ck_assert_uint_eq(post(&a, &b, 0, 100), 202);
	ck_assert_uint_eq(post(&a, &b, 120, 20), 409);
	ck_assert_str_eq(a.have, "100");
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

START_TEST(after_a_lost_answer_to_a_large_one_an_empty_request_is_enough)
{
	struct ask a = { 0 };
	struct bundle b;

	make_bundle_of(&b, &laptop, 60);
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 200);
	ck_assert_int_eq(strtol(head(&a, &b), NULL, 10), (long)b.bytes.len);
	ck_assert_uint_eq(post(&a, &b, (long)b.bytes.len, 0), 200);
	ck_assert_int_eq(judge(&a, &b), RECEIPT_MERGED);
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

START_TEST(bytes_that_are_not_the_named_ones_are_thrown_away)
{
	struct ask a = { 0 };
	struct bundle b;

	make_bundle(&b, &laptop, 1);
	b.bytes.bytes[b.bytes.len - 1] ^= 1;
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 422);
	ck_assert_str_eq(a.have, "0");
	ck_assert_str_eq(head(&a, &b), "0");
	b.bytes.bytes[b.bytes.len - 1] ^= 1;
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 200);
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

START_TEST(a_stranger_leaves_nothing_behind)
{
	struct laptop stranger;
	struct ask a = { 0 };
	struct bundle b;

	laptop_make(&stranger, 9);
	stranger.device.device = 77;
	stranger.pen.writer = 77;
	make_bundle(&b, &stranger, 1);
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 403);
	ck_assert_str_eq(head(&a, &b), "0");
	/* One who knows a laptop's number has not its key. */
	writer_free(&b.bytes);
	stranger.device.device = laptop.device.device;
	make_bundle(&b, &stranger, 2);
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 403);
	ck_assert_str_eq(head(&a, &b), "0");
	writer_free(&a.reply);
	writer_free(&b.bytes);
	laptop_free(&stranger);
}
END_TEST

static const struct {
	const char *what;
	const char *hex;
	long offset, length;
	size_t len;
	unsigned code;
} BAD[] = {
	{ "a name that is no hash", "abc", 0, 10, 10, 400 },
	{ "a name in capitals",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    0, 100, 10, 400 },
	{ "a bundle that is too large",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    0, (8 << 20) + 1, 10, 413 },
	{ "a bundle too small for a head",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    0, 10, 10, 400 },
	{ "a piece longer than the whole",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    0, 50, 60, 400 },
	{ "a piece that begins behind the end",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    60, 50, 0, 400 },
	{ "no bundle at all",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    0, 60, 60, 400 },
};

START_TEST(a_bad_request_is_refused)
{
	static const char zeros[100];
	struct ask a = { .method = "POST",
		.hex = BAD[_i].hex,
		.body = zeros,
		.len = BAD[_i].len,
		.offset = BAD[_i].offset,
		.length = BAD[_i].length };

	ck_assert_int_eq(ask(&a), ST_OK);
	ck_assert_msg(a.code == BAD[_i].code, "%s: %u", BAD[_i].what, a.code);
	writer_free(&a.reply);
}
END_TEST

START_TEST(a_version_we_do_not_speak_is_refused_before_anything_is_kept)
{
	static const char *const NOT_OURS[] = { "2", "2-3", "0", "-1", "1-",
		"3-1", "x", "1,2" };
	struct ask a = { 0 };
	struct bundle b;
	size_t i;

	make_bundle(&b, &laptop, 1);
	for (i = 0; i < sizeof(NOT_OURS) / sizeof(NOT_OURS[0]); i++) {
		a.protocol = NOT_OURS[i];
		ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 426);
		ck_assert_str_eq(a.speaks, "1-1");
	}
	a.protocol = "1-4";
	ck_assert_str_eq(head(&a, &b), "0");
	ck_assert_str_eq(a.speaks, "1-1");
	ck_assert_uint_eq(post(&a, &b, 0, b.bytes.len), 200);
	ck_assert_str_eq(a.speaks, "1-1");
	writer_free(&a.reply);
	writer_free(&b.bytes);
}
END_TEST

static unsigned
get(const char *path, struct writer *out)
{
	char url[200];
	struct fetch_opts opts = { 0 };
	struct fetch_request request = {
		.method = "GET", .url = url, .reply_max = 1 << 16
	};
	struct fetch_reply reply;
	struct fetch *fetch;
	unsigned code;

	snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u%s", http_port(http), path);
	ok(fetch_open(&fetch, &opts, &err));
	ok(fetch_run(fetch, &request, &reply, &err));
	code = reply.code;
	writer_bytes(out, reply.body, reply.len);
	fetch_close(fetch);
	return code;
}

START_TEST(the_server_card_is_signed_by_the_root_the_code_names)
{
	uint8_t bits[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	char code[CARD_CODE_TEXT_SIZE];
	struct writer bytes = { 0 };
	struct server_card card;

	office_code(&office, 1, OFFICE_VILLAGE, code);
	ok(card_code_parse(bits, fingerprint, code, &err));
	ck_assert_uint_eq(get("/v1/server", &bytes), 200);
	ok(server_card_unpack(
	    &card, bytes.bytes, bytes.len, fingerprint, &err));
	ck_assert_uint_eq(card.authority, OFFICE_AUTHORITY);
	ck_assert_str_eq(card.name, "Kantor Uji");
	ck_assert_uint_eq(card.version_min, 1);
	fingerprint[0] ^= 1;
	ck_assert_int_eq(server_card_unpack(
			     &card, bytes.bytes, bytes.len, fingerprint, &err),
	    ST_UNTRUSTED);
	writer_free(&bytes);
}
END_TEST

START_TEST(health_says_counts_and_no_names)
{
	struct writer bytes = { 0 };

	ck_assert_uint_eq(get("/v1/health", &bytes), 200);
	writer_u8(&bytes, 0);
	ck_assert_ptr_nonnull(strstr((char *)bytes.bytes, "\"status\":\"ok\""));
	ck_assert_ptr_null(strstr((char *)bytes.bytes, "Sari"));
	writer_free(&bytes);
}
END_TEST

/* How many files lie in the folder of half bundles. */
static unsigned
count_parts(void)
{
	char path[400];
	struct dirent *entry;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/parts", office.server->dir);
	ck_assert_ptr_nonnull(d = opendir(path));
	while ((entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

/* A head of ${device}'s and what may follow, cut as ${cut} says. */
START_TEST(nothing_of_a_stranger_is_kept_however_it_is_cut)
{
	static const size_t CUTS[] = { 1, 10, 33, 34, 100 };
	struct timespec nap = { 0, 100000000 };
	struct bundle b;
	char text[300];
	size_t i;
	int fd, n;

	make_bundle_of(&b, &laptop, 60);
	b.bytes.bytes[7] ^= 99; /* no laptop of ours */
	for (i = 0; i < sizeof(CUTS) / sizeof(CUTS[0]); i++) {
		fd = raw_connect(http_port(http));
		n = snprintf(text, sizeof(text),
		    "POST /v1/bundles/%s HTTP/1.1\r\nHost: a\r\n"
		    "Upload-Length: %zu\r\nContent-Length: %zu\r\n\r\n",
		    b.hex, b.bytes.len, b.bytes.len);
		raw_send(fd, text, (size_t)n);
		raw_send(fd, (char *)b.bytes.bytes, CUTS[i]);
		nanosleep(&nap, NULL);
		raw_send(
		    fd, (char *)b.bytes.bytes + CUTS[i], b.bytes.len - CUTS[i]);
		ck_assert_uint_eq(raw_read(fd).code, 403);
		close(fd);
	}
	nanosleep(&nap, NULL);
	ck_assert_uint_eq(count_parts(), 0);
	writer_free(&b.bytes);
}
END_TEST

/* A minute at the most: a thousand files, each synced, on a busy disk. */
#define WAITS 3000u

/* Of 1,100 small ones that stop half way 1,024 fit into memory. */
START_TEST(small_ones_that_stand_still_take_no_more_memory_than_they_may)
{
	int *fds = malloc(1100 * sizeof(*fds));
	struct timespec nap = { 0, 20000000 };
	unsigned i, k, kept = 0;
	struct bundle b;
	char text[300];
	int n;

	make_bundle(&b, &laptop, 1);
	for (i = 0; i < 1100; i++) {
		fds[i] = raw_connect_from(http_port(http), 2 + i / 400);
		n = snprintf(text, sizeof(text),
		    "POST /v1/bundles/%064x HTTP/1.1\r\nHost: a\r\n"
		    "Upload-Length: 16384\r\nContent-Length: 16384\r\n\r\n",
		    i + 1);
		raw_send(fds[i], text, (size_t)n);
		raw_send(fds[i], (char *)b.bytes.bytes, 40);
	}
	for (k = 0; k < WAITS && kept < 76; k++) {
		nanosleep(&nap, NULL);
		kept = count_parts();
	}
	ck_assert_uint_eq(kept, 76);
	for (i = 0; i < 1100; i++)
		close(fds[i]);
	/* Their memory is free again, and what came is kept. */
	for (k = 0; k < WAITS && count_parts() < 1100; k++)
		nanosleep(&nap, NULL);
	ck_assert_uint_eq(count_parts(), 1100);
	free(fds);
	writer_free(&b.bytes);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, nothing_of_a_stranger_is_kept_however_it_is_cut);
	tcase_add_test(
	    tc, small_ones_that_stand_still_take_no_more_memory_than_they_may);
	tcase_add_test(tc, a_bundle_is_answered_with_signed_receipts);
	tcase_add_test(tc, the_same_bundle_again_gets_the_same_receipts);
	tcase_add_loop_test(
	    tc, an_upload_that_broke_goes_on_where_it_was, 0, 2);
	tcase_add_test(tc, pieces_may_overlap_and_come_one_by_one);
	tcase_add_test(tc, a_gap_is_refused_and_told_where_to_go_on);
	tcase_add_test(
	    tc, after_a_lost_answer_to_a_large_one_an_empty_request_is_enough);
	tcase_add_test(tc, bytes_that_are_not_the_named_ones_are_thrown_away);
	tcase_add_test(tc, a_stranger_leaves_nothing_behind);
	tcase_add_loop_test(tc, a_bad_request_is_refused, 0,
	    (int)(sizeof(BAD) / sizeof(BAD[0])));
	tcase_add_test(
	    tc, a_version_we_do_not_speak_is_refused_before_anything_is_kept);
	tcase_add_test(
	    tc, the_server_card_is_signed_by_the_root_the_code_names);
	tcase_add_test(tc, health_says_counts_and_no_names);
}

UNIT_MAIN("uploads", add)
