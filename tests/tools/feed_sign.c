/*
 * feed_sign.c - signs whatever it is given: for tests of what a subscriber does
 * when keys were stolen.
 *
 *   feed_sign PASSPHRASE-FILE SIGNED KEY... >DOCUMENT
 *
 * SIGNED is a file with the part of TUF metadata that is signed, as JSON.  What
 * it says, nobody checks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "feeds/key_file.h"
#include "feeds/publish_meta.h"
#include "feeds/tuf_json.h"
#include "lib/file.h"

#define KEYS 8

static struct weir_problem problem;

static int
fail(const char *what)
{
	(void)fprintf(stderr, "feed_sign: %s %s\n", what, problem.text);
	return 1;
}

static int
read_key(const char *path, const char *passphrase, struct weir_key_file **key)
{
	int ret = weir_key_file_read(path, key, &problem);

	if (ret == 0 && (*key)->secret_key == NULL)
		ret = weir_key_file_unlock(*key, passphrase);
	return ret;
}

int
main(int argc, char **argv)
{
	struct weir_key_file *keys[KEYS] = { NULL };
	char *passphrase = NULL, *text = NULL, *document = NULL;
	json_t *is_signed = NULL;
	size_t len;
	int i, ret = 0;

	if (argc < 3 || argc > KEYS + 3)
		return fail("PASSPHRASE-FILE SIGNED KEY...");
	if (weir_passphrase_read(argv[1], &passphrase, &problem) < 0)
		return fail(argv[1]);
	if (weir_file_read(argv[2], 1U << 20, &text, &len) < 0 ||
	    weir_tuf_json_parse(text, len, &is_signed, &problem) < 0)
		return fail(argv[2]);
	for (i = 3; i < argc && ret == 0; i++)
		if (read_key(argv[i], passphrase, &keys[i - 3]) < 0)
			ret = fail(argv[i]);
	if (ret == 0 && weir_publish_meta_sign(is_signed, keys,
			    (unsigned int)argc - 3, &document, &len) < 0)
		ret = fail("signing");
	if (ret == 0 && fwrite(document, 1, len, stdout) != len)
		ret = fail("writing");
	for (i = 0; i < KEYS; i++)
		weir_key_file_free(keys[i]);
	weir_passphrase_free(passphrase);
	free(document);
	free(text);
	return ret;
}
