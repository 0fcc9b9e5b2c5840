#include <string.h>

#include "common/store/sealvfs_internal.h"

/*
 * A page of a b-tree, by SQLite's file format: a header, an array of u16
 * that grows downward, and cells that grow upward from the page's end.  What
 * lies between them is of no use to anybody, but may hold cells that were
 * moved to a neighbour: secure_delete overwrites what is deleted, not the
 * bytes that splitting a page leaves behind.
 */
#define FIRST_HEADER 100 /* bytes of page 1 before the b-tree's */
#define AT_CELLS 3
#define AT_CONTENT 5
#define INTERIOR_INDEX 2
#define INTERIOR_TABLE 5
#define LEAF_INDEX 10
#define LEAF_TABLE 13

/*
 * Every so many pages, from page 2 on, there is one of the pointer map, whose
 * first byte may be any of the above.  (SQLite moves one that would be at the
 * lock byte; with pages of this size none would.)
 */
#define MAP_EVERY (SEALVFS_USABLE / 5 + 1)

/*
 * Other pages begin with the number of a page, whose first byte is less than
 * any of the above while there are no more of them than this.
 */
#define PAGES_MAX ((int64_t)1 << 25)

static size_t
get_u16(const uint8_t *at)
{
	return (size_t)at[0] << 8 | at[1];
}

/* Where the unused bytes of ${page} begin and end; false: it has none. */
static bool
find_gap(const uint8_t *page, int64_t number, size_t *from, size_t *to)
{
	const uint8_t *tree = page + (number == 1 ? FIRST_HEADER : 0);
	size_t header;

	switch (tree[0]) {
	case INTERIOR_INDEX:
	case INTERIOR_TABLE:
		header = 12;
		break;
	case LEAF_INDEX:
	case LEAF_TABLE:
		header = 8;
		break;
	default:
		return false;
	}
	*from = (size_t)(tree - page) + header + 2 * get_u16(tree + AT_CELLS);
	*to = get_u16(tree + AT_CONTENT);
	return *from < *to && *to <= SEALVFS_USABLE;
}

bool
sealvfs_scrub(uint8_t out[SEALVFS_PAGE], const uint8_t page[SEALVFS_PAGE],
    int64_t number, int64_t npages)
{
	static const uint8_t zero[SEALVFS_PAGE];
	size_t from, to;

	if (npages >= PAGES_MAX || number >= PAGES_MAX ||
	    (number >= 2 && (number - 2) % MAP_EVERY == 0) ||
	    !find_gap(page, number, &from, &to) ||
	    memcmp(page + from, zero, to - from) == 0)
		return false;
	memcpy(out, page, SEALVFS_PAGE);
	memset(out + from, 0, to - from);
	return true;
}
