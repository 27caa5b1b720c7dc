import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension ArgumentHelp {
    static let file = ArgumentHelp("The file's number, as `convo files` shows it.", valueName: "file")
}

extension FileState {
    /// The state for a person.
    var words: String { self == .tooLarge ? "too large" : rawValue }
}

extension StoredFile {
    /// The files as a table.
    static func table(_ files: [StoredFile], _ style: OutputStyle, _ names: Names) -> [String] {
        guard !files.isEmpty else { return ["No conversation refers to a file."] }
        var table = Table([
            .fitting("FILE"), .flexible("NAME"), .flexible("TYPE", rank: 2), .fitting("SIZE"), .flexible("STATE"),
            .flexible("CONVERSATION", rank: 1),
        ])
        for file in files {
            table.add([
                String(file.key), file.name ?? "", file.mediaType ?? file.declaredType ?? "",
                file.size?.byteCount ?? "",
                file.standing, names.words(file.conversation),
            ])
        }
        return table.lines(width: style.width, ansi: style.ansi)
    }

    /// The state, with its reason.
    var standing: String {
        let why: String? =
            switch reason {
            case "link_expired": "its link has expired"
            case "not_found": "the server does not have it"
            case "foreign_host": "its link leads to another host"
            case "server_failed": "the server could not give it"
            case "not_the_api": "what answered is not the API"
            case "unusable_link": "its link cannot be used"
            default: nil
            }
        return state.words + (why.map { ": \($0)" } ?? "")
    }

    /// The file in a history: its number, name, type and size, and what is wrong with it.
    var line: String {
        let about = [name, mediaType ?? declaredType, size?.byteCount, state == .stored ? nil : standing]
        return "\(key): " + about.compactMap(\.self).joined(separator: ", ")
    }

    /// The name under which the file is written: the entry's, with the ending of its true type.
    var fileName: String {
        let given = (name ?? "file-\(key)").split(separator: "/").last.map(String.init) ?? "file-\(key)"
        let plain = given.sanitised(.line).replacing("/", with: "_")
        let base = plain.isEmpty || plain.hasPrefix(".") || plain.hasPrefix("-") ? "file-\(key)\(plain)" : plain
        guard let ending = mediaType.flatMap({ MediaType(named: $0) })?.ending, ending != "bin", ending != "txt",
            !base.lowercased().hasSuffix(".\(ending)")
        else { return base }
        return "\(base).\(ending)"
    }

    /// The names of the members of ``json``, in their order.
    static let members = [
        "id", "conversation_id", "entry_id", "name", "declared_type", "state", "reason", "size", "media_type", "sha256",
        "path",
    ]

    /// The object that `--json` prints; scripts rely on its form.
    var json: JSONText {
        .object([
            "id": .int(Int(key)), "conversation_id": .string(conversation.rawValue),
            "entry_id": .string(entry.rawValue),
            "name": .string(name), "declared_type": .string(declaredType), "state": .string(state.rawValue),
            "reason": .string(reason), "size": size.map { .int($0) } ?? .null, "media_type": .string(mediaType),
            "sha256": .string(digest), "path": .string(path),
        ])
    }
}

extension Int {
    /// A number of bytes for a person.
    var byteCount: String {
        let kilobytes = (self + 500) / 1000
        return self < 1000 ? "\(self) B" : kilobytes < 1000 ? "\(kilobytes) kB" : "\((kilobytes + 500) / 1000) MB"
    }
}
