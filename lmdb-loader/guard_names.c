/*
 * guard_names.c - the names that guard rails protect without being told:
 * special-use names, and well-known ones without which machines do not get to
 * work: clocks, certificates, the way to a resolver, the check whether there is
 * a network.
 *
 * "example.com" protects the name, ".example.com" also all that is below it.
 *
 * To add a well-known name: it has to be one that a device or a program asks for
 * by itself, that breaks something else when it is blocked, and that is neither
 * advertising nor telemetry.  A user who wants it blocked has `deny`.
 */
#include <string.h>

#include "lmdb-loader/guard.h"

/* IANA, Special-Use Domain Names.  Below these nothing is anybody's to list:
 * they never are in the DNS, or they are the DNS's own works. */
static const char *const special_tops[] = {
	"alt",       /* RFC 9476 */
	"arpa",      /* RFC 3172: in-addr.arpa, ip6.arpa; RFC 8375: home.arpa;
		      * RFC 8880: ipv4only.arpa; RFC 9462: resolver.arpa */
	"internal",  /* ICANN board, 29 July 2024: for private use */
	"local",     /* RFC 6762 */
	"localhost", /* RFC 6761 */
	"onion",     /* RFC 7686 */
	NULL,
};

/* RFC 6761 has test, invalid and example too.  As top-level names they are
 * refused anyway; nobody depends on those below them. */
static const char *const special_names[] = {
	"example.com",
	"example.net",
	"example.org",
	NULL,
};

static const char *const well_known[] = {
	/* The root, registries, and who keeps the numbers. */
	".root-servers.net",
	".gtld-servers.net",
	".nstld.com",
	".iana-servers.net",
	"iana.org",
	"www.iana.org",
	"data.iana.org", /* the trust anchors of the root */
	"rdap.iana.org",
	"whois.iana.org",
	"icann.org",
	"www.icann.org",
	".rssac.org",
	"internic.net",
	"www.internic.net", /* the root hints */
	"arin.net",
	"ripe.net",
	"apnic.net",
	"lacnic.net",
	"afrinic.net",
	"nlnetlabs.nl", /* who makes this resolver */

	/* Resolvers that others forward to, or find by name. */
	"dns.google",
	"dns64.dns.google",
	"dns.google.com",
	"one.one.one.one",
	"1dot1dot1dot1.cloudflare-dns.com",
	"cloudflare-dns.com",
	"security.cloudflare-dns.com",
	"family.cloudflare-dns.com",
	"dns.quad9.net",
	"dns9.quad9.net",
	"dns10.quad9.net",
	"dns11.quad9.net",
	"resolver1.opendns.com",
	"resolver2.opendns.com",
	"dns.opendns.com",
	"dns.nextdns.io",
	"dns.mullvad.net",
	"dns.adguard-dns.com",
	"unfiltered.adguard-dns.com",
	"dns.sb",
	"dns0.eu",
	"protective.joindns4.eu",
	"unfiltered.joindns4.eu",
	"p0.freedns.controld.com",
	"security-filter-dns.cleanbrowsing.org",
	"dns.switch.ch",
	"odvr.nic.cz",
	"public.dns.iij.jp",

	/* Clocks.  Without them neither DNSSEC nor TLS works. */
	".pool.ntp.org",
	"ntp.org",
	"time.google.com",
	"time1.google.com",
	"time2.google.com",
	"time3.google.com",
	"time4.google.com",
	"time.android.com",
	"time.cloudflare.com",
	"time.apple.com",
	"time-ios.apple.com",
	"time-macos.apple.com",
	"time.euro.apple.com",
	"time.asia.apple.com",
	"time.windows.com",
	"time.facebook.com",
	"time1.facebook.com",
	"time2.facebook.com",
	"time3.facebook.com",
	"time4.facebook.com",
	"time5.facebook.com",
	"time.aws.com",
	"time.nist.gov",
	"time-a-g.nist.gov",
	"time-b-g.nist.gov",
	"time-c-g.nist.gov",
	"time-d-g.nist.gov",
	"time-e-g.nist.gov",
	"ntp.ubuntu.com",
	"ntp.nict.jp",
	"ntp.se",
	"ntp1.inrim.it",
	"ptbtime1.ptb.de",
	"ptbtime2.ptb.de",
	"ptbtime3.ptb.de",
	"ptbtime4.ptb.de",
	"nts.netnod.se",
	"virginia.time.system76.com",
	"ohio.time.system76.com",
	"oregon.time.system76.com",
	"paris.time.system76.com",
	"ntp.aliyun.com",
	"ntp.tencent.com",
	"time.xtracloud.net",

	/* Certificates: OCSP, CRLs, the certificates of issuers, ACME. */
	".lencr.org", /* Let's Encrypt */
	"letsencrypt.org",
	".api.letsencrypt.org",
	"cert.int-x3.letsencrypt.org",
	".pki.goog", /* Google */
	".amazontrust.com",
	"o.ss2.us",
	"s.ss2.us",
	"ocsp.digicert.com",
	"ocspx.digicert.com",
	"statuse.digitalcertvalidation.com",
	"status.thawte.com",
	"status.geotrust.com",
	"status.rapidssl.com",
	"crl3.digicert.com",
	"crl4.digicert.com",
	"cacerts.digicert.com",
	".digicert-cn.com",
	".digicert-validation.com",
	"crl.digicert.cn",
	"ocsp.digicert.cn",
	"cdp.geotrust.com",
	"cdp.rapidssl.com",
	"cdp.thawte.com",
	"cacerts.geotrust.com",
	"cacerts.rapidssl.com",
	"cacerts.thawte.com",
	"symcb.com",
	"symcd.com",
	"ocsp.sectigo.com",
	"crl.sectigo.com",
	"crt.sectigo.com",
	"ocsp.comodoca.com",
	"ocsp.comodoca4.com",
	"crl.comodoca.com",
	"crt.comodoca.com",
	"ocsp.usertrust.com",
	"crl.usertrust.com",
	"crt.usertrust.com",
	"ocsp.trust-provider.com",
	"crl.trust-provider.com",
	"ocsp.zerossl.com",
	"zerossl.ocsp.sectigo.com",
	"zerossl.crt.sectigo.com",
	"ocsp.globalsign.com",
	"ocsp2.globalsign.com",
	"crl.globalsign.com",
	"crl.globalsign.net",
	"secure.globalsign.com",
	"ocsp.entrust.net",
	"crl.entrust.net",
	"aia.entrust.net",
	"ocsp.godaddy.com",
	"crl.godaddy.com",
	"certificates.godaddy.com",
	"ocsp.starfieldtech.com",
	"crl.starfieldtech.com",
	"certificates.starfieldtech.com",
	".ocsp.identrust.com",
	"crl.identrust.com",
	"validation.identrust.com",
	"apps.identrust.com",
	"ocsp.msocsp.com", /* Microsoft */
	"oneocsp.microsoft.com",
	"crl.microsoft.com",
	"crl2.microsoft.com",
	"mscrl.microsoft.com",
	"www.microsoft.com", /* pkiops, pki/certs */
	"ctldl.windowsupdate.com",
	"ocsp.apple.com",
	"ocsp2.apple.com",
	"crl.apple.com",
	"crl3.apple.com",
	"certs.apple.com",
	"valid.apple.com",
	".certainly.com",
	"ocsps.ssl.com",
	"crls.ssl.com",
	"cert.ssl.com",
	"ocsp.quovadisglobal.com",
	"crl.quovadisglobal.com",
	"trust.quovadisglobal.com",
	".d-trust.net",
	"cdn.d-trust-cloudcrl.net",
	".telesec.de",
	"ocsp.telekom.de",
	"crl-cpki.telekom.de",
	"ocsp-cpki.telekom.de",
	".pca.dfn.de",
	".pkioverheid.nl",
	"crl.swisssign.net",
	"crl.swisssign.ch",
	"ocsp.swisssign.net",
	"swisssign.net",
	"ocsp.buypass.com",
	"crl.buypass.no",
	"crl.actalis.it",
	"ocsp.actalis.it",
	"crl05.actalis.it",
	"ocsp05.actalis.it",
	"crl13.actalis.it",
	"ocsp13.actalis.it",
	".crl.certum.pl",
	".ocsp-certum.com",
	"crl.certigna.fr",
	"crl.certigna.com",
	"crl.dhimyotis.com",
	"crl.certsign.ro",
	"ocsp.certsign.ro",
	".e-szigno.hu",
	"crl1.netlock.hu",
	"crl2.netlock.hu",
	"crl3.netlock.hu",
	"ocsp1.netlock.hu",
	"ocsp2.netlock.hu",
	"ocsp3.netlock.hu",
	"cdp1.disig.sk",
	"cdp2.disig.sk",
	"rootcar2-ocsp.disig.sk",
	"crl.harica.gr",
	"crlv1.harica.gr",
	"ocsp.harica.gr",
	"ocsp.trust.telia.com",
	"httpcrl.trust.telia.com",
	"crl.izenpe.com",
	"ocsp.izenpe.com",
	"crl.firmaprofesional.com",
	"ocsp.firmaprofesional.com",
	"ocsp.accv.es",
	"crl.anf.es",
	"ocsp.anf.es",
	".cert.fnmt.es",
	".secomtrust.net",
	".secom-cert.jp",
	"rootca.twca.com.tw",
	"rootocsp.twca.com.tw",
	"eca.hinet.net",
	"ocsp.eca.hinet.net",
	"crl.emsign.com",
	"ocsp.emsign.com",
	"crl.cfca.com.cn",
	"ocsp.cfca.com.cn",
	".sheca.com",
	".wt.trustasia.com",
	"crl.gdca.com.cn",
	"ocsp2.gdca.com.cn",
	"crl1.ecert.gov.hk",
	"ocsp1.ecert.gov.hk",
	"rtcrl.cybertrust.ne.jp",
	"rtocsp.cybertrust.ne.jp",
	".elektronicznypodpis.pl",
	".kamusm.gov.tr",
	"directory.swisssign.net",
	"ocsp.wisekey.com",
	"public.wisekey.com",

	/* "Is there a network, or a page to log in at?" */
	"captive.apple.com",
	"www.apple.com",
	"www.airport.us",
	"www.appleiphonecell.com",
	"www.ibook.info",
	"www.itools.info",
	"www.thinkdifferent.us",
	"netcts.cdn-apple.com",
	"connectivitycheck.gstatic.com",
	"connectivitycheck.android.com",
	"clients3.google.com",
	"clients4.google.com",
	"android.clients.google.com",
	"play.googleapis.com",
	"www.gstatic.com",
	"www.google.com",
	"msftconnecttest.com",
	"www.msftconnecttest.com",
	"ipv6.msftconnecttest.com",
	"msftncsi.com",
	"www.msftncsi.com",
	"ipv6.msftncsi.com",
	"dns.msftncsi.com",
	"detectportal.firefox.com",
	"detectportal.prod.mozaws.net",
	"detectportal.brave-http-only.com",
	"network-test.debian.org",
	"connectivity-check.ubuntu.com",
	"start.ubuntu.com",
	"nmcheck.gnome.org",
	"networkcheck.kde.org",
	"fedoraproject.org",
	"ping.archlinux.org",
	"ping.manjaro.org",
	"conncheck.opensuse.org",
	"capnet.elementary.io",
	"connectivity-check.endlessos.org",
	"neverssl.com",
	"spectrum.s3.amazonaws.com", /* Kindle, Fire */
	"fireoscaptiveportal.com",
	"d2uzsrnmmf6tds.cloudfront.net",
	"connectivitycheck.cbg-app.huawei.com",
	"connectivitycheck.platform.hicloud.com",
	"connect.rom.miui.com",
	"conn1.oppomobile.com",
	"conn2.oppomobile.com",
	"wifi.vivo.com.cn",
	"connectivity.samsung.com.cn",
	"conntest.nintendowifi.net",
	"ctest.cdn.nintendo.net",
	"connectivitycheck.grapheneos.network",
	"time.grapheneos.org",

	/* Updates of systems, and the line by which telephones are woken. */
	"security.debian.org",
	"deb.debian.org",
	"security.ubuntu.com",
	"archive.ubuntu.com",
	"update.microsoft.com",
	"windowsupdate.com",
	"download.windowsupdate.com",
	"swscan.apple.com",
	"gdmf.apple.com",
	"mesu.apple.com",
	"albert.apple.com",
	"gs.apple.com",
	"courier.push.apple.com",
	"mtalk.google.com", /* push on Android */
	NULL,
};

static int
add_names(struct weir_guard *guard, const char *const *names,
    enum weir_list_reason reason)
{
	struct weir_name name;
	const char *text;
	unsigned int flags;
	int ret = 0;

	for (; *names != NULL && ret == 0; names++) {
		flags = **names == '.' ? WEIR_GUARD_BELOW : 0;
		text = *names + (flags != 0);
		ret = weir_name_parse(text, strlen(text), &name);
		if (ret == 0)
			ret = weir_guard_table_add(&guard->table, &name,
			    (unsigned int)reason + 1, true, flags);
	}
	return ret;
}

int
weir_guard_names_add(struct weir_guard *guard, bool has_well_known)
{
	const char *const *top;
	struct weir_name name;
	int ret = 0;

	for (top = special_tops; *top != NULL && ret == 0; top++) {
		ret = weir_name_parse(*top, strlen(*top), &name);
		if (ret == 0)
			ret = weir_guard_add_top(
			    guard, &name, WEIR_LIST_SPECIAL_USE + 1, 0);
	}
	if (ret == 0)
		ret = add_names(guard, special_names, WEIR_LIST_SPECIAL_USE);
	if (ret == 0 && has_well_known)
		ret = add_names(guard, well_known, WEIR_LIST_WELL_KNOWN);
	return ret;
}
