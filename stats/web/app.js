// What the page shows comes from /api/ alone.  Names are what anybody may ask a
// resolver for: they are only ever set as text, never as markup.
"use strict";

const LIVE_ROWS = 50;
const $ = (id) => document.getElementById(id);
const svg = "http://www.w3.org/2000/svg";
let place = "";
let counted = []; // what each feed has decided
let fetched = []; // what weir-sync knows of its feeds

function element(tag, text, name) {
	const made = document.createElement(tag);
	if (text !== undefined)
		made.textContent = text;
	if (name)
		made.className = name;
	return made;
}

function number(value) {
	return (value || 0).toLocaleString("en");
}

function clock(ms, seconds) {
	return new Date(ms).toLocaleTimeString([], {hour: "2-digit",
		minute: "2-digit", second: seconds ? "2-digit" : undefined,
		hour12: false});
}

function span(seconds) {
	if (seconds < 120)
		return Math.max(0, Math.round(seconds)) + " s";
	if (seconds < 7200)
		return Math.round(seconds / 60) + " min";
	if (seconds < 172800)
		return Math.round(seconds / 3600) + " h";
	return Math.round(seconds / 86400) + " d";
}

async function get(path) {
	const answer = await fetch("/api/" + path, {cache: "no-store"});
	if (!answer.ok)
		throw new Error((await answer.text()).trim());
	return answer.json();
}

function bar(x, y, width, height) {
	const made = document.createElementNS(svg, "rect");
	made.setAttribute("x", x);
	made.setAttribute("y", y);
	made.setAttribute("width", width);
	made.setAttribute("height", height);
	return made;
}

function showTop(id, rows) {
	const most = rows.length ? rows[0].count : 1;
	$(id).replaceChildren(...rows.map((row) => {
		const item = element("li");
		const back = document.createElementNS(svg, "svg");
		const key = element("span", row.key);
		back.setAttribute("viewBox", "0 0 100 1");
		back.setAttribute("preserveAspectRatio", "none");
		back.append(bar(0, 0, 100 * row.count / most, 1));
		key.title = row.key;
		item.append(back, key, element("b", number(row.count)));
		return item;
	}));
	if (!rows.length)
		$(id).append(element("li", "nothing blocked so far", "empty"));
}

function row(cells) {
	const made = element("tr");
	for (const [text, name] of cells)
		made.append(element("td", text, name));
	return made;
}

async function showTotals() {
	const all = await get("totals");
	const ways = all.total.ways;
	const blocked = ways.blocked_name + ways.blocked_alias;
	const late = all.modules.some((module) => !module.acknowledged);
	const bad = all.modules.find((module) => module.problem);
	$("queries").textContent = number(ways.queries);
	$("blocked").textContent = number(blocked);
	$("share").textContent = ways.queries
		? (100 * blocked / ways.queries).toFixed(1) + " %" : "–";
	$("shadowed").textContent = number(ways.shadow);
	$("state").className = bad || !all.modules.length ? "bad" : "";
	$("state").textContent = !all.modules.length
		? "no resolver with weir runs here"
		: bad ? bad.problem
		: late ? "a new policy is on its way"
		: "protecting, generation " + all.modules[0].generation;
	showTop("feeds", all.total.feeds.filter((feed) => feed.blocked)
		.map((feed) => ({key: feed.name, count: feed.blocked}))
		.sort((a, b) => b.count - a.count).slice(0, 10));
	$("modules").replaceChildren(...all.modules.map((module) => row([
		["process " + module.pid], ["Unbound " + module.unbound],
		["weir " + module.weir], ["generation " + module.generation],
		["up " + span(Date.now() / 1000 - module.started)]])));
	if (!all.modules.length)
		$("modules").append(row([["none", "empty"]]));
	counted = all.total.feeds;
	showStates();
}

async function showTops() {
	for (const kind of ["names", "domains", "clients"])
		showTop(kind, (await get("top?kind=" + kind)).rows);
}

async function showTime() {
	const time = await get("time");
	const steps = Math.max(1, Math.ceil((time.end - time.begin) / time.step));
	const most = Math.max(1, ...time.rows.map((one) => one.blocked));
	const width = 960 / steps;
	$("chart").replaceChildren(...time.rows.filter((one) => one.blocked)
		.map((one) => {
			const at = (one.begin - time.begin) / time.step;
			const height = Math.max(2, 150 * one.blocked / most);
			const made = bar(at * width, 160 - height,
				Math.max(1, width * 0.8), height);
			const title = document.createElementNS(svg, "title");
			title.textContent = clock(one.begin * 1000) + "  " +
				number(one.blocked) + " blocked";
			made.append(title);
			return made;
		}));
	$("span").textContent = time.history ? "in the last 24 hours"
		: "in the last hour, as far as recent events go back";
	$("from").textContent = clock(time.begin * 1000);
	$("until").textContent = "now";
	$("peak").textContent = time.rows.some((one) => one.blocked)
		? "most: " + number(most) + " in " + span(time.step)
		: "nothing blocked";
}

// Those that weir-sync fetches, then those that come from files.
function showStates() {
	const synced = new Set(fetched.map((feed) => feed.name));
	const counts = new Map(counted.map((feed) => [feed.name, feed]));
	const decided = (name) => {
		const of = counts.get(name) || {};
		return [[number(of.blocked), "number"], [number(of.shadowed), "number"]];
	};
	const others = counted.filter((feed) => !synced.has(feed.name) &&
		(feed.name !== "(others)" || feed.blocked || feed.shadowed));
	$("states").replaceChildren(...fetched.map((feed) => row([
		[feed.name], [feed.held ? "held" : feed.state,
			feed.held ? "held" : feed.state],
		[feed.newer ? span(Date.now() / 1000 - feed.newer) : ""],
		[feed.names ? number(feed.names) : "", "number"],
		...decided(feed.name),
		[feed.failures ? number(feed.failures) + " failures" : ""]])),
	...others.map((feed) => row([[feed.name],
		[feed.name === "allow" || feed.name === "deny" ||
			feed.name === "presets" ? "own rules" : "from a file",
			"empty"], [""], [""], ...decided(feed.name), [""]])));
	if (!fetched.length && !others.length)
		$("states").append(row([["none", "empty"]]));
}

async function showFeeds() {
	fetched = (await get("feeds")).feeds;
	showStates();
}

async function showEvents() {
	const some = await get("events?after=" + encodeURIComponent(place));
	place = some.next;
	if (!some.events.length)
		return;
	// They come oldest first; of the same millisecond the newest is above, too.
	some.events.reverse().sort((a, b) => b.time_ms - a.time_ms);
	$("live").prepend(...some.events.slice(0, LIVE_ROWS).map((event) => row([
		[clock(event.time_ms, true)],
		[event.outcome, event.outcome + "-text"],
		[event.client], [event.type], [event.name],
		[event.shadow_feed && event.outcome === "shadowed"
			? event.shadow_feed : event.feed]])));
	while ($("live").children.length > LIVE_ROWS)
		$("live").lastChild.remove();
	$("quiet").hidden = true;
}

function because(rule) {
	return rule.reason + ", action " + rule.action +
		(rule.why ? ", why: " + rule.why : "");
}

async function explain(name) {
	const answer = $("answer");
	answer.replaceChildren(element("p", "asking …", "empty"));
	try {
		const why = await get("explain?name=" + encodeURIComponent(name));
		const first = element("p");
		first.append(element("span", why.name + ": "),
			element("b", why.result, why.result === "blocked"
				? "blocked" : "fine"));
		answer.replaceChildren(first);
		if (why.decided)
			answer.append(element("p", "decided by " + because(why.decided)));
		if (why.shadow)
			answer.append(element("p", "in shadow mode: " +
				because(why.shadow)));
		for (const step of why.steps || [])
			for (const entry of step.entries || [])
				answer.append(element("p", step.name + ": " +
					[entry.feed, entry.category, entry.verdict]
						.filter((text) => text).join(", "),
				"empty"));
		if (!why.decided)
			answer.append(element("p", "Nothing decides about it, " +
				"so it is resolved as usual; the names that its " +
				"answer leads to are asked about too.", "empty"));
	} catch (error) {
		answer.replaceChildren(element("p", error.message, "empty"));
	}
}

// Again and again, but not while nobody looks.
function often(show, ms) {
	const next = async () => {
		try {
			if (!document.hidden)
				await show();
		} catch (error) {
			$("state").className = "bad";
			$("state").textContent = "no connection to weir-stat";
		}
		setTimeout(next, ms);
	};
	next();
}

$("search").addEventListener("submit", (event) => {
	event.preventDefault();
	if ($("name").value.trim())
		explain($("name").value.trim());
});
often(showEvents, 300);
often(showTotals, 1000);
often(showTops, 3000);
often(showTime, 10000);
often(showFeeds, 5000);
