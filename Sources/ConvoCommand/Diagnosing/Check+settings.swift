import ConvoApp
import ConvoTerminal

// What Convo needs before it opens anything: settings, libraries, the key.

extension Check {
    static let settings = Check { facts in
        switch facts.settings {
        case .failure(let error): return [.failure("settings", error)]
        case .success(let settings):
            let file = settings.configFile ?? "no config file: the defaults are used"
            let words = settings.profile.map { "profile \($0) in \(file)" } ?? file
            return [exposure(of: facts.configFile) ?? .ok("settings", words)]
        }
    }

    /// A config file that others can write, who could send the API key to a server of theirs.
    private static func exposure(of file: FileFacts?) -> Finding? {
        guard let file, file.kind == .file, file.mode & 0o022 != 0 else { return nil }
        return .warning(
            "settings", code: "exposed_config",
            "Others can write \(file.path) (mode \(file.modeText)), and so name the server that gets the API key.",
            hint: "Run: chmod 600 \(file.path)")
    }

    static let libraries = Check { facts in
        let versions = facts.libraries
        if let reason = versions.httpFailure {
            return [
                .failure(
                    "libraries", .configuration, code: "libcurl_missing", "Nothing can be sent: \(reason).",
                    hint: "Install libcurl (Debian, Ubuntu: apt install libcurl4); what is here can be read without it."
                )
            ]
        }
        let old = [
            LibraryVersion(name: "SQLite", text: versions.sqlite, least: [3, 38]),
            versions.libcurl.map { LibraryVersion(name: "libcurl", text: $0, least: [7, 87]) },
        ].compactMap(\.self).filter(\.isTooOld)
        guard old.isEmpty else { return old.map(outdated) }
        let words = ["SQLite \(versions.sqlite)"] + (versions.libcurl.map { ["libcurl \($0)"] } ?? [])
        return [.ok("libraries", words.joined(separator: ", "))]
    }

    private static func outdated(_ library: LibraryVersion) -> Finding {
        let least = library.least.map(String.init).joined(separator: ".")
        return .failure(
            "libraries", .configuration, code: "library_too_old",
            "\(library.name) is \(library.text), and Convo needs \(least) or later.",
            hint: "Update \(library.name), or install a build of Convo for this system.")
    }

    static let key = Check { facts in
        switch facts.keySource {
        case nil: return []
        case .success(nil): return [.ok("key", "none, and none needed")]
        case .success(let source?): return [.ok("key", "there is one, from \(source)")]
        case .failure(let error):
            guard error.code == "no_key", let service = facts.service, service.hasKeyCredential else {
                return [.failure("key", error)]
            }
            return [
                .warning(
                    "key", code: "key_in_service_only",
                    "systemd gives the key to \(service.unit) alone; `convo` itself has none, so it can't ask the server.",
                    hint: """
                        convod delivers what you queue. For `convo sync` and this check, set MISTRAL_API_KEY, or name a file \
                        with mode 0600 as api_key_file in the config file.
                        """)
            ]
        }
    }
}

/// A library's version and the least that Convo needs.
struct LibraryVersion {
    let name: String
    let text: String
    let least: [Int]

    /// Whether the version is below the least; one that is not made of numbers counts as new enough.
    var isTooOld: Bool {
        let numbers = text.split(separator: ".").map { Int($0.prefix { $0.isNumber }) }
        guard numbers.count >= least.count, !numbers.prefix(least.count).contains(nil) else { return false }
        return numbers.compactMap(\.self).lexicographicallyPrecedes(least)
    }
}
