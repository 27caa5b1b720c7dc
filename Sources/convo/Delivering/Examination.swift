import ConvoAPI
import ConvoConfiguration
import ConvoModel
import ConvoStore
import ConvoTerminal
import ConvoWiring

/// What `convo doctor` found, part by part. A part that can't be looked at is left out: its cause stands before it.
struct Examination {
    struct Finding {
        let part: String
        /// What was found; in a failure, its message.
        let words: String
        let failure: Failure?
    }

    private(set) var findings: [Finding] = []

    static func make(settings: () throws -> Settings) async -> Examination {
        var examination = Examination()
        guard
            let settings = examination.look(
                at: "settings", words: { $0.configFile ?? "no config file: the defaults are used" }, settings)
        else { return examination }
        examination.examineStore(settings)
        await examination.examineServer(settings)
        return examination
    }

    private mutating func examineStore(_ settings: Settings) {
        guard let store = look(at: "database", words: { $0.path }, { try Store(path: settings.database) }) else {
            return
        }
        look(at: "integrity", words: { "the database is whole" }, { try store.checkIntegrity() })
        let daemon = FileLock.holder(of: .daemon, beside: store.path)
        findings.append(Finding(part: "daemon", words: daemon.words, failure: nil))
    }

    private mutating func examineServer(_ settings: Settings) async {
        let surroundings = Surroundings.ofThisProcess()
        let key = look(at: "key", words: { $0 == nil ? "none, and none needed" : "there is one" }) {
            try settings.apiKey(in: surroundings)
        }
        guard key != nil,
            let api = look(
                at: "server", isSilent: true, words: { _ in "" },
                { try MistralAPI(settings: settings, surroundings: surroundings) })
        else { return }
        do {
            _ = try await api.list(page: 0, pageSize: 1, metadata: nil)
            findings.append(Finding(part: "server", words: "\(settings.serverURL) answers", failure: nil))
        } catch {
            let failure = Failure(error)
            findings.append(Finding(part: "server", words: failure.message, failure: failure))
        }
    }

    /// Notes what came of it, and passes it on.
    @discardableResult
    private mutating func look<Value>(
        at part: String, isSilent: Bool = false, words: (Value) -> String, _ work: () throws -> Value
    ) -> Value? {
        do {
            let value = try work()
            if !isSilent { findings.append(Finding(part: part, words: words(value), failure: nil)) }
            return value
        } catch {
            let failure = Failure(error) ?? Failure(.internal, code: "unexpected", message: "\(error)")
            findings.append(Finding(part: part, words: failure.message, failure: failure))
            return nil
        }
    }

    var json: JSONText {
        .object([
            "checks": .array(
                findings.map { finding in
                    .object([
                        "part": .string(finding.part), "ok": .bool(finding.failure == nil),
                        "message": .string(finding.words), "hint": .string(finding.failure?.hint),
                    ])
                })
        ])
    }

    func lines(_ style: Style) -> [String] {
        findings.map { finding in
            let mark = finding.failure == nil ? style.ink.model("ok") : style.ink.alarm("no")
            return "\(mark)  \(style.ink.faint(finding.part.padded(to: 10)))\(finding.words.sanitised(.line))"
        }
    }
}
