import ConvoAPI
import ConvoApp
import ConvoHTTP
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

// The server, and whose account it is.

extension Check {
    /// The difference of two clocks from which on a certificate's dates are judged by the wrong one, in microseconds.
    private static let clockOffset: Int64 = 3_600_000_000

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
        if isExpired || isEarly, offset.magnitude >= clockOffset.magnitude {
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
}
