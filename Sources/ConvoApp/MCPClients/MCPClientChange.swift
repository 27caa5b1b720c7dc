import ConvoJSON
import ConvoPlatform
import ConvoTerminal

/// How `convo mcp install` changed a client's file.
package struct MCPClientChange: Sendable {
    /// The kinds of changes.
    package enum Kind: String, Sendable {
        case added, replaced, unchanged, removed
        /// There was nothing to take out.
        case absent
    }

    /// The client.
    package let client: MCPClient
    /// The absolute path of its file.
    package let path: String
    /// The kind of change.
    package let kind: Kind
    /// Where the file as it was before is kept; `nil` if it was not changed, or not there.
    package let backup: String?
}

extension MCPClient {
    /// The largest file that is changed: clients keep far less in it.
    private static let sizeLimit = 16 << 20

    /// Puts an entry into the client's file, or takes it out.
    ///
    /// The file is replaced as a whole, and keeps its mode; what it was is kept beside it. It is parsed before and behind the change:
    /// if anything else came out otherwise, nothing is written.
    ///
    /// - Parameters:
    ///   - entry: the entry; one of the same name that starts another program is left alone.
    ///   - isRemoval: whether the entry is taken out.
    ///   - environment: tells where the file is.
    ///   - isProject: whether the file of the project in the working directory is meant.
    /// - Returns: what was done, and to which file.
    /// - Throws: ``CLIError`` for a file that cannot be parsed or changed, ``ConfigurationError`` for one that cannot be read or
    ///   written; the file is as it was then.
    package func change(
        _ entry: MCPEntry, isRemoval: Bool, _ environment: ProcessEnvironment, inProject isProject: Bool
    ) throws -> MCPClientChange {
        let path = try file(environment, inProject: isProject)
        let old = try SmallFile.read(path, limit: MCPClient.sizeLimit)
        let new: String
        let hadIt: Bool
        do throws(MCPFileFault) {
            (new, hadIt) = try changed(old?.text ?? "", entry, isRemoval: isRemoval)
        } catch { throw error.error(path, self, entry) }
        guard new != old?.text ?? "" else {
            return MCPClientChange(client: self, path: path, kind: isRemoval ? .absent : .unchanged, backup: nil)
        }
        var backup: String?
        if let old {
            backup = path + ".before-convo"
            try SmallFile.write(old.text, to: path + ".before-convo", mode: old.mode & 0o600)
        }
        try SmallFile.write(new, to: path, mode: old?.mode ?? 0o600)
        return MCPClientChange(
            client: self, path: path, kind: isRemoval ? .removed : hadIt ? .replaced : .added, backup: backup)
    }

    /// The text of the file with the entry, or without it, and whether the file had one of its name.
    func changed(
        _ text: String, _ entry: MCPEntry, isRemoval: Bool
    ) throws(MCPFileFault) -> (text: String, hadIt: Bool) {
        switch form {
        case .json(let member):
            var file = try CommentedJSON(text)
            let old = file.value[member]?[entry.name]
            if let old { try MCPClient.check(old["command"]?.string) }
            let value = value(of: entry)
            if isRemoval {
                if old != nil { try file.remove(entry.name, from: member) }
            } else if old != value {
                try file.set(entry.name, to: value, in: member)
            }
            return (file.text, old != nil)
        case .toml(let form):
            var file = try ServerTable(text, form)
            let old = file.entry(named: entry.name)
            if let old { try MCPClient.check(old.command) }
            if isRemoval {
                if old != nil { try file.remove(entry.name) }
            } else if old != entry {
                try file.set(entry)
            }
            return (file.text, old != nil)
        }
    }

    /// Refuses to replace an entry that starts another program.
    private static func check(_ command: String?) throws(MCPFileFault) {
        guard command?.split(separator: "/").last == "convo" else { throw .anotherProgram }
    }
}

/// Why a client's file is not changed.
enum MCPFileFault: Error, Equatable {
    /// The file cannot be parsed; the reason is the end of a sentence.
    case syntax(String)
    /// The file has a form that is not changed without harm.
    case uneditable
    /// The file has an entry of the name that starts another program.
    case anotherProgram

    func error(_ path: String, _ client: MCPClient, _ entry: MCPEntry) -> CLIError {
        let byHand = "`convo mcp install --print \(client.rawValue)` shows the entry, to put it there by hand."
        return switch self {
        case .syntax(let reason):
            CLIError(
                .badData, code: "unreadable_client_file", message: "\(path) is left as it is: \(reason).",
                hint: "Mend it, and run the command again. \(byHand)")
        case .uneditable:
            CLIError(
                .badData, code: "uneditable_client_file",
                message:
                    "\(path) is left as it is: it names its servers in a form that can't be changed without the rest.",
                hint: byHand)
        case .anotherProgram:
            CLIError(
                .badData, code: "another_server",
                message: "\(path) has a server \"\(entry.name)\" that starts another program.",
                hint: "Give this one another name: --name.")
        }
    }
}
