import ConvoIPC
import ConvoTerminal

// The endpoint that convod offers to programs of this machine.

extension Check {
    private static let restart = "Run: convo service restart; or start convod anew."

    static let endpoint = Check { facts in
        guard let endpoint = facts.endpoint else { return [] }
        if let failure = endpoint.tokenFailure { return [.failure("endpoint", failure)] }
        guard let running = endpoint.running else { return [silent(endpoint, facts)] }
        guard let configured = endpoint.configured, configured != running, !isAnyPort(configured) else {
            return [.ok("endpoint", "listens at \(running)")]
        }
        return [
            .warning(
                "endpoint", code: "endpoint_elsewhere",
                "The endpoint listens at \(running), and the settings name \(configured).", hint: restart)
        ]
    }

    /// Names the reason why no convod offers the endpoint that the settings name.
    private static func silent(_ endpoint: EndpointFacts, _ facts: DiagnosticFacts) -> Finding {
        let place = endpoint.configured.map(\.description) ?? "nowhere"
        if endpoint.isTaken {
            return .failure(
                "endpoint", .configuration, code: "endpoint_taken",
                "Another program listens at \(place), where the settings have convod offer the endpoint.",
                hint:
                    "End that program, or choose another place: convo config set listen 127.0.0.1:PORT; then convo service restart."
            )
        }
        guard case .success(let store) = facts.store, store.daemon.holder?.isCurrent == true else {
            return .note(
                "endpoint", code: "endpoint_idle",
                "No convod runs that would offer the endpoint at \(place).", hint: "Run: convo service start")
        }
        return .warning(
            "endpoint", code: "endpoint_missing",
            "convod runs without the endpoint, which the settings name (\(place)): it was started before, or with other settings.",
            hint: restart)
    }

    /// Whether the settings leave the port to convod.
    private static func isAnyPort(_ address: LocalAddress) -> Bool {
        if case .port(0, _) = address { true } else { false }
    }
}
