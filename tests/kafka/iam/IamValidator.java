import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * Takes and refuses SASL/OAUTHBEARER tokens as Amazon MSK does with IAM: a token is a presigned URL, whose signature is
 * computed once more from a table of keys.
 *
 * <p>The table is the properties file that the system property odograph.iam names, read anew for every token: host,
 * region, session_ms (the longest that a connection may live), and for each access key id ID: ID.secret, ID.principal
 * and, for temporary credentials, ID.token. A client learns only that it was refused; why stands on the standard output.
 */
public final class IamValidator implements AuthenticateCallbackHandler {
    private static final long SKEW_MS = 5 * 60_000;
    private static final long LIFETIME_S_MAX = 900;
    private static final Set<String> UNSIGNED = Set.of("X-Amz-Signature", "User-Agent");
    private static final DateTimeFormatter BASIC_TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** Says to the log what is wrong with a token. */
    private static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    private record Token(String value, String principalName, Long startTimeMs, long lifetimeMs)
            implements OAuthBearerToken {
        @Override
        public Set<String> scope() {
            return Set.of();
        }
    }

    private Path tablePath;

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> jaas) {
        tablePath = Path.of(System.getProperty("odograph.iam"));
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (!(callback instanceof OAuthBearerValidatorCallback asked)) {
                throw new UnsupportedCallbackException(callback);
            }
            try {
                Token token = validate(asked.tokenValue(), System.currentTimeMillis());
                System.out.println("IAM accepted " + token.principalName());
                asked.token(token);
            } catch (Refused refused) {
                System.out.println("IAM refused: " + refused.getMessage());
                asked.error("Access denied", null, null);
            } catch (GeneralSecurityException impossible) {
                throw new IOException(impossible);
            }
        }
    }

    @Override
    public void close() {
    }

    private Token validate(String value, long nowMs) throws IOException, Refused, GeneralSecurityException {
        Properties table = new Properties();
        try (Reader reader = Files.newBufferedReader(tablePath)) {
            table.load(reader);
        }
        URI url = urlOf(value);
        require("https".equals(url.getScheme()) && url.getPort() == -1 && url.getFragment() == null
                && "/".equals(url.getRawPath()), "no such URL");
        require(table.getProperty("host").equals(url.getHost()), "signed for host " + url.getHost());
        TreeMap<String, String> query = queryOf(url);
        require("kafka-cluster:Connect".equals(query.get("Action")), "action " + query.get("Action"));
        require("AWS4-HMAC-SHA256".equals(query.get("X-Amz-Algorithm")), "another algorithm");
        require("host".equals(query.get("X-Amz-SignedHeaders")), "signed headers");
        String[] scope = parameter(query, "X-Amz-Credential").split("/", -1);
        String date = parameter(query, "X-Amz-Date");
        require(scope.length == 5 && scope[1].equals(date.substring(0, Math.min(8, date.length())))
                && scope[2].equals(table.getProperty("region")) && scope[3].equals("kafka-cluster")
                && scope[4].equals("aws4_request"), "credential scope");
        String secret = table.getProperty(scope[0] + ".secret");
        require(secret != null, "unknown key " + scope[0]);
        String session = table.getProperty(scope[0] + ".token");
        require(session == null || query.containsKey("X-Amz-Security-Token"), "no session token");
        require(session == null ? !query.containsKey("X-Amz-Security-Token")
                : session.equals(query.get("X-Amz-Security-Token")), "another session token");
        require(parameter(query, "X-Amz-Signature").equals(signature(url.getHost(), query, scope, secret)),
                "wrong signature");
        long startMs = timeOf(date);
        long endMs = startMs + 1000 * lifetimeOf(parameter(query, "X-Amz-Expires"));
        require(startMs - SKEW_MS <= nowMs, "not yet current");
        require(nowMs < endMs, "expired");
        long sessionMs = Long.parseLong(table.getProperty("session_ms"));
        String principal = table.getProperty(scope[0] + ".principal");
        return new Token(value, principal, startMs, Math.min(endMs, nowMs + sessionMs));
    }

    private static void require(boolean holds, String otherwise) throws Refused {
        if (!holds) {
            throw new Refused(otherwise);
        }
    }

    private static URI urlOf(String value) throws Refused {
        try {
            return new URI(new String(Base64.getUrlDecoder().decode(value), StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException | URISyntaxException broken) {
            throw new Refused("no URL in base64url");
        }
    }

    private static TreeMap<String, String> queryOf(URI url) throws Refused {
        require(url.getRawQuery() != null, "no query");
        TreeMap<String, String> query = new TreeMap<>();
        for (String pair : url.getRawQuery().split("&", -1)) {
            String[] parts = pair.split("=", 2);
            require(parts.length == 2 && !parts[1].contains("+"), "parameter " + parts[0]);
            require(query.put(decode(parts[0]), decode(parts[1])) == null, "twice: " + parts[0]);
        }
        return query;
    }

    private static String decode(String text) throws Refused {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException broken) {
            throw new Refused("percent encoding");
        }
    }

    private static String parameter(Map<String, String> query, String name) throws Refused {
        require(query.containsKey(name), "no " + name);
        return query.get(name);
    }

    private static long timeOf(String date) throws Refused {
        try {
            return BASIC_TIME.parse(date, Instant::from).toEpochMilli();
        } catch (DateTimeException broken) {
            throw new Refused("date " + date);
        }
    }

    private static long lifetimeOf(String text) throws Refused {
        require(text.matches("[1-9][0-9]{0,5}"), "lifetime " + text);
        require(Long.parseLong(text) <= LIFETIME_S_MAX, "lifetime of " + text + " s");
        return Long.parseLong(text);
    }

    /** AWS IAM User Guide, "Signature Version 4 for API requests", in the query of a URL. */
    private static String signature(String host, TreeMap<String, String> query, String[] scope, String secret)
            throws GeneralSecurityException {
        StringBuilder canonical = new StringBuilder();
        for (Map.Entry<String, String> each : query.entrySet()) {
            if (!UNSIGNED.contains(each.getKey())) {
                canonical.append(canonical.isEmpty() ? "" : "&");
                canonical.append(encode(each.getKey())).append('=').append(encode(each.getValue()));
            }
        }
        String request = "GET\n/\n" + canonical + "\nhost:" + host + "\n\nhost\n" + hash("");
        String scopeText = String.join("/", List.of(scope).subList(1, 5));
        String toSign = "AWS4-HMAC-SHA256\n" + query.get("X-Amz-Date") + "\n" + scopeText + "\n" + hash(request);
        byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
        for (String part : List.of(scope).subList(1, 5)) {
            key = hmac(key, part);
        }
        return HexFormat.of().formatHex(hmac(key, toSign));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    }

    private static String hash(String text) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest);
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
