import ConvoAPI
import ConvoApp
import ConvoHTTP
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

// The server, whose account it is, and its clock.

extension Check {
    static let server = Check { facts in
        guard case .success(let settings) = facts.settings, let server = facts.server else { return [] }
        switch server {
        case .failure(let error): return [.failure("server", error)]
        case .success(let probe):
            guard let failure = probe.failure else { return [.ok("server", "\(settings.serverURL) answers")] }
            return [
                untrusted(probe, settings.serverURL, now: facts.now)
                    ?? unconnected(probe, failure) ?? refusedKey(failure, facts)
                    ?? .failure("server", CLIError(failure))
            ]
        }
    }

    private static func untrusted(_ probe: ServerProbe, _ url: ServerURL, now: Timestamp) -> Finding? {
        guard let certificate = probe.certificate else { return nil }
        let offset = certificate.date.map { now.microseconds - $0.microseconds } ?? 0
        let isExpired = certificate.validUntil.map { $0.microseconds < now.microseconds } ?? false
        let isEarly = certificate.validFrom.map { $0.microseconds > now.microseconds } ?? false
        if isExpired || isEarly, offset.magnitude >= wrongOffset.magnitude {
            return .failure(
                "server", .unreachable, code: "clock_off",
                "The certificate of \(url.host) is not valid at the time of this machine's clock, which is \(SpanWords.of(offset)) \(offset > 0 ? "ahead of" : "behind") the server's.",
                hint: "Set the clock, or have it set: sudo timedatectl set-ntp true")
        }
        if isExpired || isEarly {
            let date = (isExpired ? certificate.validUntil : certificate.validFrom)?.text.prefix(10) ?? ""
            return .failure(
                "server", .unreachable, code: isExpired ? "certificate_expired" : "certificate_early",
                "The certificate of \(url.host) \(isExpired ? "has expired on" : "becomes valid only on") \(date).",
                hint:
                    "Check this machine's clock (`date -u`); if it is right, whoever runs the server has to renew the certificate. Nothing was sent."
            )
        }
        return .failure(
            "server", .unreachable, code: "insecure",
            "\(url.host) shows a certificate of \"\(certificate.issuer)\", which this machine does not trust: \(CLIError.sentence(probe.failure?.message ?? ""))",
            hint: """
                Is that your organisation's proxy, or an authority of your own? Then name the file of its certificate in \
                SSL_CERT_FILE. If you don't know it, use another network. Nothing was sent.
                """)
    }

    private static func unconnected(_ probe: ServerProbe, _ failure: APIError) -> Finding? {
        guard failure.kind == .unreachable else { return nil }
        let message = CLIError.sentence(failure.message)
        if let variable = probe.proxyVariable {
            return .failure(
                "server", .unreachable, code: "unreachable", message,
                hint:
                    "\(variable) sends requests through a proxy: check that it runs and that its address is right, or unset the variable."
            )
        }
        let hint =
            switch probe.transportFailure {
            case .unresolved:
                "Is this machine online? Check the host's name in server_url, and the name server (`getent hosts NAME`)."
            case .connectTimeout: "Is this machine online? A firewall may drop the connection; check server_url."
            default:
                "Check server_url: nothing may listen there, or a firewall refuses. What is queued is sent when the server is back."
            }
        return .failure("server", .unreachable, code: "unreachable", message, hint: hint)
    }

    private static func refusedKey(_ failure: APIError, _ facts: DiagnosticFacts) -> Finding? {
        guard failure.kind == .status(401), case .success(let source?) = facts.keySource else { return nil }
        return .failure(
            "server", .credentialsRefused, code: "credentials_refused", CLIError.sentence(failure.message),
            hint:
                "The server does not know the key from \(source): it may be revoked or mistyped. Make a new one (console.mistral.ai) and put it there."
        )
    }

    /// Whether the database belongs to the account of the key.
    static let account = Check { facts in
        guard case .success(let store) = facts.store else { return [] }
        switch store.owner {
        case .failure(let error): return repeats(error, of: store) ? [] : [.failure("account", error)]
        case .success(let owner):
            // Another server than the database's is known without an answer.
            if case .success(let settings) = facts.settings,
                let mismatch = owner.mismatch(
                    server: settings.serverURL.normalised, account: (try? facts.server?.get())?.account)
            {
                return [.failure("account", CLIError(mismatch))]
            }
            return [.ok("account", "the database belongs to \(owner.words)")]
        }
    }

    /// How far this machine's clock may be from the server's, in microseconds, before a person should know.
    private static let noticedOffset: Int64 = 120_000_000
    /// The offset from which on times and certificates can't be relied on, in microseconds.
    private static let wrongOffset: Int64 = 3_600_000_000

    static let clock = Check { facts in
        let hint = "Set the clock, or have it set: sudo timedatectl set-ntp true; `date -u` shows the time that it has."
        if case .success(let probe) = facts.server, let date = probe.date {
            let offset = facts.now.microseconds - date.microseconds
            let words =
                "This machine's clock is \(SpanWords.of(offset)) \(offset > 0 ? "ahead of" : "behind") the server's."
            guard offset.magnitude >= noticedOffset.magnitude else { return [.ok("clock", "agrees with the server's")] }
            guard offset.magnitude >= wrongOffset.magnitude else {
                return [.warning("clock", code: "clock_off", words, hint: hint)]
            }
            return [.failure("clock", .configuration, code: "clock_off", words, hint: hint)]
        }
        guard case .success(let store) = facts.store else { return [] }
        let newest = max(store.lastPullAt?.microseconds ?? 0, store.newestAt?.microseconds ?? 0)
        guard newest - facts.now.microseconds > wrongOffset else { return [] }
        return [
            .warning(
                "clock", code: "clock_behind",
                "The database has times that are \(SpanWords.of(newest - facts.now.microseconds)) ahead of this machine's clock.",
                hint: hint)
        ]
    }
}
