/*
 * weir.c - the six symbols that Unbound's dynlib module looks up.
 *
 * Start here to read the module; module.h tells its story.  init never makes
 * Unbound fail for what is wrong with weir's data: a broken weir.yaml, no
 * database, no place for the status file are said in the log, and the
 * resolver runs.  Only a host of another build is refused, for there nothing
 * could be trusted.
 */
#include "module/host.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "module/abi.h"
#include "module/apart.h"
#include "module/hook.h"
#include "module/keeper.h"
#include "module/module.h"
#include "module/query.h"
#include "module/recorder.h"
#include "module/shelf.h"
#include "module/snapshot.h"
#include "module/upstream.h"

WEIR_EXPORT int init(struct module_env *env, int id);
WEIR_EXPORT void deinit(struct module_env *env, int id);
WEIR_EXPORT void operate(struct module_qstate *qstate, enum module_ev event,
    int id, struct outbound_entry *entry);
WEIR_EXPORT void
inform_super(struct module_qstate *qstate, int id, struct module_qstate *super);
WEIR_EXPORT void clear(struct module_qstate *qstate, int id);
WEIR_EXPORT size_t get_mem(struct module_env *env, int id);

static bool
has_ending(const char *text, const char *ending)
{
	size_t len = strlen(text), end = strlen(ending);

	return len > end && strcmp(text + len - end, ending) == 0;
}

/* A further dynlib-file: line that ends in .yaml is our configuration: Unbound
 * reads as many lines as it has dynlib modules, and leaves the rest alone. */
static const char *
config_path(const struct module_env *env)
{
	const struct config_strlist *item;

	for (item = env->cfg->dynlib_file; item; item = item->next)
		if (has_ending(item->str, ".yaml") ||
		    has_ending(item->str, ".yml"))
			return item->str;
	return weir_paths_config();
}

static void
read_config(struct weir_module *module)
{
	struct weir_problem problem;

	(void)snprintf(module->config, sizeof(module->config), "%s",
	    config_path(module->env));
	if (weir_paths_read(module->config, &module->paths, &problem) ==
	    WEIR_OK) {
		module->has_paths = true;
		atomic_store(&module->on_failure, module->paths.on_failure);
		if (module->paths.statistics_fault[0] != '\0')
			log_err("weir: no client is named in statistics: %s",
			    module->paths.statistics_fault);
		return;
	}
	/* The housekeeper tries again. */
	log_err("weir: %s", problem.text);
	log_err(
	    "weir: NO QUERY IS CHECKED until %s can be read", module->config);
}

/* Behind the iterator we are loaded and never asked, which nothing shows. */
static void
complain_of_order(const struct module_env *env, int id)
{
	if (id > 0)
		log_warn("weir: dynlib is not the first in module-config "
			 "(\"%s\"): what a module before it answers is NOT "
			 "CHECKED",
		    env->cfg->module_conf);
}

/* The shared file, or memory of our own in its place. */
static int
open_status(struct weir_module *module)
{
	struct weir_problem problem;
	const char *folder = module->paths.status;
	int error = WEIR_EMISSING;

	if (module->has_paths) {
		(void)mkdir(folder, 0755);
		error = weir_status_create(folder, module->worker_count,
		    PACKAGE_VERSION, &module->status, &problem);
	}
	if (error == WEIR_OK) {
		module->has_status = true;
		return WEIR_OK;
	}
	if (module->has_paths)
		log_err("weir: no status file, so weir-load and weir-stat "
			"cannot see this resolver: %s",
		    problem.text);
	return weir_status_private(
	    module->worker_count, PACKAGE_VERSION, &module->status);
}

static int
make_workers(struct weir_module *module)
{
	unsigned int i;

	if (posix_memalign((void **)&module->workers, 64,
		module->worker_count * sizeof(*module->workers)) != 0)
		return WEIR_EMEMORY;
	memset(module->workers, 0,
	    module->worker_count * sizeof(*module->workers));
	for (i = 0; i < module->worker_count; i++)
		module->workers[i].counts = weir_status_worker(
		    &module->status, i);
	return WEIR_OK;
}

static void
free_module(struct weir_module *module)
{
	if (!module)
		return;
	weir_recorder_stop(module);
	weir_keeper_stop(module);
	(void)pthread_mutex_destroy(&module->recording);
	weir_snapshot_close(atomic_exchange(&module->current, NULL));
	weir_status_close(&module->status);
	free(module->workers);
	free(module);
}

static bool
register_callbacks(struct dynlibmod_env *dynlib, struct module_env *env, int id,
    struct weir_module *module)
{
	return dynlib->inplace_cb_register_wrapped(
		   (void *)weir_upstream_answered, inplace_cb_query_response,
		   module, env, id) &&
	       dynlib->inplace_cb_register_wrapped(
		   (void *)weir_query_reply, inplace_cb_reply, module, env, id);
}

int
init(struct module_env *env, int id)
{
	struct dynlibmod_env *dynlib;
	struct weir_module *module;
	char text[512];

	if (!weir_abi_is_ours(text, sizeof(text))) {
		log_err("weir: %s", text);
		return 0;
	}
	dynlib = env->modinfo[id];
	dynlib->dyn_env = NULL;
	module = calloc(1, sizeof(*module));
	if (!module || sodium_init() < 0)
		goto failed;
	module->env = env;
	module->id = id;
	module->status.fd = -1;
	(void)pthread_mutex_init(&module->recording, NULL);
	module->worker_count = env->cfg->num_threads > 0
				   ? (unsigned int)env->cfg->num_threads
				   : 1;
	if (module->worker_count > WEIR_WORKERS_MAX) {
		log_err("weir: num-threads: %u is more than %d",
		    module->worker_count, WEIR_WORKERS_MAX);
		goto failed;
	}
	complain_of_order(env, id);
	read_config(module);
	weir_shelf_init(module);
	if (open_status(module) != WEIR_OK || make_workers(module) != WEIR_OK)
		goto failed;
	module->has_clock = weir_hook_has_clock();
	weir_recorder_start(module);
	weir_keeper_first(module);
	weir_apart_spare(); /* the first worker's thread, most likely */
	if (weir_keeper_start(module) != WEIR_OK)
		goto failed;
	dynlib->dyn_env = module;
	if (register_callbacks(dynlib, env, id, module))
		return 1;
	dynlib->dyn_env = NULL;
failed:
	log_err("weir: out of memory or threads, the module cannot start");
	free_module(module);
	return 0;
}

void
deinit(struct module_env *env, int id)
{
	struct dynlibmod_env *dynlib = env->modinfo[id];

	if (!dynlib || !dynlib->dyn_env)
		return;
	dynlib->inplace_cb_delete_wrapped(env, inplace_cb_query_response, id);
	dynlib->inplace_cb_delete_wrapped(env, inplace_cb_reply, id);
	free_module(dynlib->dyn_env);
	dynlib->dyn_env = NULL;
}

void
operate(struct module_qstate *qstate, enum module_ev event, int id,
    struct outbound_entry *entry)
{
	(void)entry;
	weir_query_operate(qstate, event, id);
}

void
inform_super(struct module_qstate *qstate, int id, struct module_qstate *super)
{
	weir_query_inform_super(qstate, id, super);
}

void
clear(struct module_qstate *qstate, int id)
{
	qstate->minfo[id] = NULL; /* it lies in the query's region */
}

size_t
get_mem(struct module_env *env, int id)
{
	const struct dynlibmod_env *dynlib = env->modinfo[id];
	const struct weir_module *module = dynlib ? dynlib->dyn_env : NULL;

	if (!module)
		return 0;
	return sizeof(*module) +
	       module->worker_count *
		   (sizeof(*module->workers) +
		       (module->has_recorder ? WEIR_EVENT_QUEUE_SIZE : 0));
}
