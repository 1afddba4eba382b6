/*
 * test_answer.c - the records of a block, as whoever copies them takes them:
 * Unbound counts the octets of an RRset's data, copies so many, and sets the
 * pointers of the copy anew (packed_rrset_copy_region).
 *
 * Unbound's functions that answer.c calls are here, with one piece of memory
 * for each allocation.
 */
#include "module/answer.h"

#include <string.h>

#include "tests/unit/suite.h"

#define PIECES 32

static void *pieces[PIECES];
static unsigned int piece_count;

void *
regional_alloc(struct regional *region, size_t size)
{
	(void)region;
	ck_assert_uint_lt(piece_count, PIECES);
	pieces[piece_count] = malloc(size);
	return pieces[piece_count++];
}

void *
regional_alloc_zero(struct regional *region, size_t size)
{
	return memset(regional_alloc(region, size), 0, size);
}

void
packed_rrset_ptr_fixup(struct packed_rrset_data *data)
{
	size_t i, total = data->count + data->rrsig_count;
	uint8_t *next;

	data->rr_len = (size_t *)(data + 1);
	data->rr_data = (uint8_t **)(data->rr_len + total);
	data->rr_ttl = (time_t *)(data->rr_data + total);
	next = (uint8_t *)(data->rr_ttl + total);
	for (i = 0; i < total; i++) {
		data->rr_data[i] = next;
		next += data->rr_len[i];
	}
}

struct ub_packed_rrset_key *
packed_rrset_copy_region(
    struct ub_packed_rrset_key *key, struct regional *region, time_t now)
{
	(void)region, (void)now;
	return key;
}

int
edns_opt_list_append(struct edns_option **list, uint16_t code, size_t len,
    uint8_t *data, struct regional *region)
{
	(void)list, (void)code, (void)len, (void)data, (void)region;
	return 1;
}

/* What Unbound's packed_rrset_sizeof says. */
static size_t
data_size(const struct packed_rrset_data *data)
{
	size_t i, size = sizeof(*data);

	for (i = 0; i < data->count + data->rrsig_count; i++)
		size += sizeof(size_t) + sizeof(uint8_t *) + sizeof(time_t) +
			data->rr_len[i];
	return size;
}

/* Copies the data as Unbound does, and forgets all that answer.c allocated. */
static struct packed_rrset_data *
copy_data(const struct packed_rrset_data *data)
{
	size_t size = data_size(data);
	struct packed_rrset_data *copy = malloc(size);

	memcpy(copy, data, size);
	packed_rrset_ptr_fixup(copy);
	while (piece_count > 0)
		free(pieces[--piece_count]);
	return copy;
}

static uint8_t qname[] = "\003WwW\004evil\007example";
static struct weir_policy policy;
static struct weir_snapshot snapshot;
static struct module_qstate qstate;

static void
make_query(
    uint16_t type, enum weir_action action, struct weir_decision *ret_decision)
{
	weir_policy_init(&policy);
	policy.sinkhole_ipv4.s_addr = htonl(0xc0000242);
	ck_assert_int_eq(
	    weir_name_parse("walled.example", 14, &policy.sinkhole_name), 0);
	snapshot.policy = &policy;
	memset(&qstate, 0, sizeof(qstate));
	qstate.qinfo.qname = qname;
	qstate.qinfo.qname_len = sizeof(qname);
	qstate.qinfo.qtype = type;
	qstate.qinfo.qclass = LDNS_RR_CLASS_IN;
	weir_judge_init(ret_decision);
	ck_assert_int_eq(
	    weir_name_from_wire(qname, sizeof(qname), &ret_decision->name),
	    WEIR_OK);
	ret_decision->outcome = WEIR_OUTCOME_BLOCKED;
	ret_decision->rule.is_set = true;
	ret_decision->rule.label = 1;
	ret_decision->rule.action = (uint8_t)action;
}

/* weir.so takes this from judge.c. */
void
weir_judge_init(struct weir_decision *decision)
{
	memset(decision, 0, sizeof(*decision));
}

static const struct {
	uint16_t type;
	enum weir_action action;
	uint16_t record; /* its type */
	size_t rdata_len;
	uint8_t first; /* octets of the RDATA */
	uint8_t last;
} cases[] = {
	{ LDNS_RR_TYPE_A, WEIR_ACTION_NXDOMAIN, LDNS_RR_TYPE_SOA, 35, 4, 60 },
	{ LDNS_RR_TYPE_MX, WEIR_ACTION_NODATA, LDNS_RR_TYPE_SOA, 35, 4, 60 },
	{ LDNS_RR_TYPE_A, WEIR_ACTION_SINKHOLE, LDNS_RR_TYPE_A, 4, 192, 0x42 },
	{ LDNS_RR_TYPE_AAAA, WEIR_ACTION_SINKHOLE, LDNS_RR_TYPE_AAAA, 16, 0,
	    0 },
};

START_TEST(a_copied_record_is_whole)
{
	struct weir_decision decision;
	struct packed_rrset_data *copy;
	const struct dns_msg *message;
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = cases[i].rdata_len;
		make_query(cases[i].type, cases[i].action, &decision);
		message = weir_answer_block(&qstate, &snapshot, &decision);
		ck_assert_uint_eq(message->rep->rrset_count, 1);
		ck_assert_uint_eq(
		    ntohs(message->rep->rrsets[0]->rk.type), cases[i].record);
		copy = copy_data(message->rep->rrsets[0]->entry.data);
		ck_assert_uint_eq(copy->count, 1);
		ck_assert_int_eq(copy->rr_ttl[0], policy.block_ttl_s);
		ck_assert_uint_eq(copy->rr_len[0], 2 + len);
		ck_assert_uint_eq(copy->rr_data[0][1], len);
		ck_assert_uint_eq(copy->rr_data[0][2], cases[i].first);
		ck_assert_uint_eq(copy->rr_data[0][1 + len], cases[i].last);
		free(copy);
	}
}
END_TEST

START_TEST(an_alias_answer_can_be_copied_too)
{
	struct weir_decision decision;
	struct packed_rrset_data *copy;
	const struct dns_msg *message;
	struct weir_reply alias;

	make_query(LDNS_RR_TYPE_A, WEIR_ACTION_SINKHOLE, &decision);
	policy.has_sinkhole_name = true;
	alias = weir_reply_for(&policy, &decision.rule, LDNS_RR_TYPE_A);
	message = weir_answer_alias(&qstate, &alias, NULL);
	ck_assert_uint_eq(message->rep->an_numrrsets, 1);
	copy = copy_data(message->rep->rrsets[0]->entry.data);
	ck_assert_mem_eq(copy->rr_data[0] + 2, "\006walled\007example", 16);
	free(copy);
}
END_TEST

/* Two A, a TXT and an AAAA record; TTLs of 10, 20 and 5 seconds. */
static const uint8_t local[] =
    "\001\000\012\000\000\000\004\000\300\000\002\001"
    "\001\000\012\000\000\000\004\000\300\000\002\002"
    "\020\000\024\000\000\000\003\000\002hi"
    "\034\000\005\000\000\000\020\000\040\001\015\270"
    "\000\000\000\000\000\000\000\000\000\000\000\001";

static const struct dns_msg *
local_answer(uint16_t type, struct weir_decision *ret_decision)
{
	make_query(type, WEIR_ACTION_LOCAL, ret_decision);
	ck_assert_int_eq(
	    weir_answers_add(&policy.answers, local, sizeof(local) - 1), 0);
	return weir_answer_block(&qstate, &snapshot, ret_decision);
}

START_TEST(records_of_a_lists_own_come_by_type)
{
	static const struct {
		uint16_t type;
		size_t count;
		time_t ttl;
		uint8_t len, last;
	} wanted[] = {
		{ LDNS_RR_TYPE_A, 2, 10, 4, 2 },
		{ LDNS_RR_TYPE_TXT, 1, 20, 3, 'i' },
		{ LDNS_RR_TYPE_AAAA, 1, 5, 16, 1 },
	};
	struct weir_decision decision;
	struct packed_rrset_data *copy;
	const struct reply_info *rep;
	size_t i, last;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		rep = local_answer(wanted[i].type, &decision)->rep;
		ck_assert_uint_eq(rep->an_numrrsets, 1);
		ck_assert_uint_eq(rep->rrset_count, 1);
		ck_assert_int_eq(rep->ttl, wanted[i].ttl);
		ck_assert_uint_eq(
		    ntohs(rep->rrsets[0]->rk.type), wanted[i].type);
		/* The owner is the name asked for. */
		ck_assert_uint_eq(rep->rrsets[0]->rk.dname_len, sizeof(qname));
		copy = copy_data(rep->rrsets[0]->entry.data);
		ck_assert_uint_eq(copy->count, wanted[i].count);
		last = copy->count - 1;
		ck_assert_int_eq(copy->rr_ttl[last], wanted[i].ttl);
		ck_assert_uint_eq(copy->rr_len[last], 2U + wanted[i].len);
		ck_assert_uint_eq(copy->rr_data[last][1], wanted[i].len);
		ck_assert_uint_eq(
		    copy->rr_data[last][1 + wanted[i].len], wanted[i].last);
		free(copy);
	}
}
END_TEST

START_TEST(a_type_that_a_list_does_not_give_is_nodata)
{
	struct weir_decision decision;
	const struct reply_info *rep;

	rep = local_answer(LDNS_RR_TYPE_MX, &decision)->rep;
	ck_assert_uint_eq(rep->an_numrrsets, 0);
	ck_assert_uint_eq(rep->ns_numrrsets, 1);
	ck_assert_uint_eq(FLAGS_GET_RCODE(rep->flags), LDNS_RCODE_NOERROR);
}
END_TEST

START_TEST(any_gets_all_types_of_a_list)
{
	struct weir_decision decision;
	const struct reply_info *rep;

	rep = local_answer(LDNS_RR_TYPE_ANY, &decision)->rep;
	ck_assert_uint_eq(rep->an_numrrsets, 3);
	ck_assert_uint_eq(rep->rrset_count, 3);
	ck_assert_int_eq(rep->ttl, 5);
	ck_assert_uint_eq(ntohs(rep->rrsets[0]->rk.type), LDNS_RR_TYPE_A);
	ck_assert_uint_eq(ntohs(rep->rrsets[1]->rk.type), LDNS_RR_TYPE_TXT);
	ck_assert_uint_eq(ntohs(rep->rrsets[2]->rk.type), LDNS_RR_TYPE_AAAA);
}
END_TEST

START_TEST(the_soa_belongs_to_the_listed_name)
{
	struct weir_decision decision;
	const struct ub_packed_rrset_key *soa;

	make_query(LDNS_RR_TYPE_A, WEIR_ACTION_NXDOMAIN, &decision);
	soa = weir_answer_block(&qstate, &snapshot, &decision)->rep->rrsets[0];
	ck_assert_uint_eq(soa->rk.dname_len, 14);
	ck_assert_mem_eq(soa->rk.dname, "\004evil\007example", 14);
	decision.is_alias = true;
	soa = weir_answer_block(&qstate, &snapshot, &decision)->rep->rrsets[0];
	ck_assert_uint_eq(soa->rk.dname_len, sizeof(qname));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_copied_record_is_whole,
		an_alias_answer_can_be_copied_too,
		records_of_a_lists_own_come_by_type,
		a_type_that_a_list_does_not_give_is_nodata,
		any_gets_all_types_of_a_list,
		the_soa_belongs_to_the_listed_name, NULL };

	return suite_run("answer", tests);
}
