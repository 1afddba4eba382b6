/*
 * tree.c - reads the B+tree of an LMDB file, and trusts none of its octets.
 *
 * Every number is read from the map once, into a variable, checked, and used
 * from there: that the file is changed meanwhile makes no check void.
 */
#include "lib/tree.h"

#include <stdbool.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/name.h"

#define PAGE_HEAD     16
#define PAGE_FLAGS    10
#define PAGE_LOWER    12
#define FLAG_BRANCH   0x01
#define FLAG_LEAF     0x02
#define FLAG_OVERFLOW 0x04
#define FLAG_META     0x08

#define NODE_HEAD    8
#define NODE_BIGDATA 0x01

#define META_MAGIC     0xbeefc0deU
#define META_VERSION   1
#define META_FREE_DB   (PAGE_HEAD + 24) /* its first field: the page size */
#define META_MAIN_DB   (META_FREE_DB + 48)
#define META_LAST_PAGE (META_MAIN_DB + 48)
#define META_TXN       (META_LAST_PAGE + 8)
#define META_SIZE      (META_TXN + 8)
#define DB_FLAGS       4
#define DB_DEPTH       6
#define DB_ROOT        40
#define NO_PAGE        UINT64_MAX

#define PAGE_SIZE_MIN 512
#define PAGE_SIZE_MAX 65536

/* One of the two meta pages, if it makes sense. */
static bool
read_meta(struct weir_tree *tree, const uint8_t *page, uint64_t size,
    uint64_t *ret_txn)
{
	const uint8_t *main_db = page + META_MAIN_DB;
	uint32_t page_size = weir_bytes_get32(page + META_FREE_DB);
	uint64_t last = weir_bytes_get64(page + META_LAST_PAGE);
	uint64_t root = weir_bytes_get64(main_db + DB_ROOT);
	unsigned int depth = weir_bytes_get16(main_db + DB_DEPTH);

	if ((weir_bytes_get16(page + PAGE_FLAGS) & FLAG_META) == 0 ||
	    weir_bytes_get32(page + PAGE_HEAD) != META_MAGIC ||
	    weir_bytes_get32(page + PAGE_HEAD + 4) != META_VERSION ||
	    page_size < PAGE_SIZE_MIN || page_size > PAGE_SIZE_MAX ||
	    (page_size & (page_size - 1)) != 0)
		return false;
	if (last >= size / page_size || depth > WEIR_TREE_DEPTH ||
	    weir_bytes_get16(main_db + DB_FLAGS) != 0 ||
	    (depth == 0) != (root == NO_PAGE) || (depth > 0 && root > last))
		return false;
	tree->page_size = page_size;
	tree->page_count = last + 1;
	tree->depth = depth;
	tree->root = root;
	*ret_txn = weir_bytes_get64(page + META_TXN);
	return true;
}

int
weir_tree_init(struct weir_tree *tree, const void *map, uint64_t size)
{
	struct weir_tree first = { .map = map }, second = { .map = map };
	uint64_t first_txn = 0, second_txn = 0;
	bool has_first, has_second;

	if (size < PAGE_SIZE_MIN)
		return WEIR_EFORMAT;
	has_first = read_meta(&first, map, size, &first_txn);
	/* Where the second one stands, the first one knows. */
	has_second = has_first && size / first.page_size >= 2 &&
		     read_meta(&second, first.map + first.page_size, size,
			 &second_txn) &&
		     second.page_size == first.page_size;
	if (!has_first)
		return WEIR_EFORMAT;
	*tree = has_second && second_txn > first_txn ? second : first;
	return WEIR_OK;
}

/* The page of that number, if it is of that kind; and how many nodes it has. */
static const uint8_t *
page_at(const struct weir_tree *tree, uint64_t number, unsigned int kind,
    unsigned int *ret_count)
{
	const uint8_t *page = tree->map + number * tree->page_size;
	unsigned int lower;

	if (number >= tree->page_count)
		return NULL;
	lower = weir_bytes_get16(page + PAGE_LOWER);
	if ((weir_bytes_get16(page + PAGE_FLAGS) &
		(FLAG_BRANCH | FLAG_LEAF | FLAG_OVERFLOW | FLAG_META)) !=
		kind ||
	    lower < PAGE_HEAD + 2 || lower > tree->page_size)
		return NULL;
	*ret_count = (lower - PAGE_HEAD) / 2;
	return page;
}

/* A node, if its head and key lie in the page. */
static const uint8_t *
node_at(const struct weir_tree *tree, const uint8_t *page, unsigned int number,
    const uint8_t **ret_key, size_t *ret_key_len)
{
	unsigned int place = weir_bytes_get16(page + PAGE_HEAD + 2 * number);
	const uint8_t *node = page + place;
	size_t key_len;

	if (place > tree->page_size - NODE_HEAD)
		return NULL;
	key_len = weir_bytes_get16(node + 6);
	if (key_len > tree->page_size - NODE_HEAD - place)
		return NULL;
	*ret_key = node + NODE_HEAD;
	*ret_key_len = key_len;
	return node;
}

static uint64_t
child_of(const uint8_t *node)
{
	return weir_bytes_get32(node) | (uint64_t)weir_bytes_get16(node + 4)
					    << 32;
}

/* The item of a leaf's node. */
static int
read_item(const struct weir_tree *tree, const uint8_t *page,
    unsigned int number, struct weir_tree_item *ret_item)
{
	struct weir_tree_item item;
	const uint8_t *node = node_at(
	    tree, page, number, &item.key, &item.key_len);
	uint64_t size = tree->page_size, room, big;

	if (!node)
		return WEIR_EFORMAT;
	item.len = weir_bytes_get32(node);
	item.data = item.key + item.key_len;
	room = size - (uint64_t)(item.data - page);
	if (weir_bytes_get16(node + 4) & NODE_BIGDATA) {
		if (room < 8)
			return WEIR_EFORMAT;
		big = weir_bytes_get64(item.data);
		if (big >= tree->page_count)
			return WEIR_EFORMAT;
		item.data = tree->map + big * size + PAGE_HEAD;
		room = (tree->page_count - big) * size - PAGE_HEAD;
	}
	if (item.len > room)
		return WEIR_EFORMAT;
	*ret_item = item;
	return WEIR_OK;
}

/* The first of the page's nodes, from `first` on, whose key is not less than
 * `key`; *ret_is_same: it is the key itself.  < 0: damaged. */
static int
search(const struct weir_tree *tree, const uint8_t *page, unsigned int first,
    unsigned int count, const uint8_t *key, size_t key_len, bool *ret_is_same)
{
	unsigned int low = first, high = count, middle;
	const uint8_t *there;
	size_t there_len;
	int order;

	*ret_is_same = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (!node_at(tree, page, middle, &there, &there_len))
			return WEIR_EFORMAT;
		order = weir_name_compare_keys(there, there_len, key, key_len);
		if (order == 0) {
			*ret_is_same = true;
			return (int)middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (int)low;
}

/* The child of a branch below which the key is, if anywhere. */
static int
search_branch(const struct weir_tree *tree, const uint8_t *page,
    unsigned int count, const uint8_t *key, size_t key_len)
{
	bool is_same;
	int found = search(tree, page, 1, count, key, key_len, &is_same);

	return found < 0 || is_same ? found : found - 1;
}

/* The number of a branch's child. */
static int
read_child(const struct weir_tree *tree, const uint8_t *page,
    unsigned int number, uint64_t *ret_child)
{
	const uint8_t *key, *node;
	size_t key_len;

	node = node_at(tree, page, number, &key, &key_len);
	if (!node)
		return WEIR_EFORMAT;
	*ret_child = child_of(node);
	return WEIR_OK;
}

int
weir_tree_lookup(const struct weir_tree *tree, const uint8_t *key,
    size_t key_len, struct weir_tree_item *ret_item)
{
	uint64_t number = tree->root;
	unsigned int level, count;
	const uint8_t *page;
	bool is_same;
	int found;

	if (tree->depth == 0)
		return 0;
	for (level = 1; level < tree->depth; level++) {
		page = page_at(tree, number, FLAG_BRANCH, &count);
		if (!page)
			return WEIR_EFORMAT;
		found = search_branch(tree, page, count, key, key_len);
		if (found < 0 || read_child(tree, page, (unsigned int)found,
				     &number) != WEIR_OK)
			return WEIR_EFORMAT;
	}
	page = page_at(tree, number, FLAG_LEAF, &count);
	if (!page)
		return WEIR_EFORMAT;
	found = search(tree, page, 0, count, key, key_len, &is_same);
	if (found < 0 || !is_same)
		return found < 0 ? found : 0;
	found = read_item(tree, page, (unsigned int)found, ret_item);
	return found < 0 ? found : 1;
}

/* Goes down from `level`, whose page and node are set, along the left edge. */
static int
descend(struct weir_tree_cursor *cursor, unsigned int level)
{
	const struct weir_tree *tree = cursor->tree;
	uint64_t number;

	for (; level + 1 < tree->depth; level++) {
		if (read_child(tree, cursor->levels[level].page,
			cursor->levels[level].node, &number) != WEIR_OK)
			return WEIR_EFORMAT;
		cursor->levels[level + 1].page = page_at(tree, number,
		    level + 2 < tree->depth ? FLAG_BRANCH : FLAG_LEAF,
		    &cursor->levels[level + 1].count);
		cursor->levels[level + 1].node = 0;
		if (!cursor->levels[level + 1].page)
			return WEIR_EFORMAT;
	}
	return WEIR_OK;
}

int
weir_tree_seek(const struct weir_tree *tree, const uint8_t *key, size_t key_len,
    struct weir_tree_cursor *ret_cursor)
{
	struct weir_tree_cursor *cursor = ret_cursor;
	uint64_t number = tree->root;
	unsigned int level, kind;
	bool is_same;
	int found;

	cursor->tree = tree;
	cursor->steps_left = tree->page_count * tree->page_size /
			     (NODE_HEAD + 2);
	for (level = 0; level < tree->depth; level++) {
		kind = level + 1 < tree->depth ? FLAG_BRANCH : FLAG_LEAF;
		cursor->levels[level].page = page_at(
		    tree, number, kind, &cursor->levels[level].count);
		if (!cursor->levels[level].page)
			return WEIR_EFORMAT;
		if (kind == FLAG_LEAF)
			found = search(tree, cursor->levels[level].page, 0,
			    cursor->levels[level].count, key, key_len,
			    &is_same);
		else
			found = search_branch(tree, cursor->levels[level].page,
			    cursor->levels[level].count, key, key_len);
		if (found < 0)
			return found;
		cursor->levels[level].node = (unsigned int)found;
		if (kind == FLAG_BRANCH &&
		    read_child(tree, cursor->levels[level].page,
			(unsigned int)found, &number) != WEIR_OK)
			return WEIR_EFORMAT;
	}
	return WEIR_OK;
}

int
weir_tree_next(struct weir_tree_cursor *cursor, struct weir_tree_item *ret_item)
{
	const struct weir_tree *tree = cursor->tree;
	unsigned int level = tree->depth;
	int error;

	if (level == 0)
		return 0;
	if (cursor->steps_left-- == 0)
		return WEIR_EFORMAT;
	/* A leaf at its end: up to a branch that is not, and down again. */
	level--;
	while (cursor->levels[level].node >= cursor->levels[level].count) {
		if (level == 0)
			return 0;
		level--;
		cursor->levels[level].node++;
	}
	error = descend(cursor, level);
	if (error)
		return error;
	level = tree->depth - 1;
	error = read_item(tree, cursor->levels[level].page,
	    cursor->levels[level].node++, ret_item);
	return error ? error : 1;
}
