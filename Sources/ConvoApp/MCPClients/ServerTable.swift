import ConvoJSON
import TOMLKit

/// A file of TOML that names MCP servers, changed as text: comments and all other settings stay.
///
/// This type knows tables that begin with a line of their own. The result is parsed and compared: a file in another form (an inline
/// table, a text of several lines that looks like a table) is left as it is.
struct ServerTable {
    enum Form {
        /// `[[mcp_servers]]` with a `name`.
        case arrayOfTables
        /// `[mcp_servers.NAME]`.
        case tables
    }

    private static let key = "mcp_servers"

    private(set) var text: String
    private let form: Form
    private var root: JSONText

    /// Parses a text.
    init(_ text: String, _ form: Form) throws(MCPFileFault) {
        (self.text, self.form) = (text, form)
        root = try ServerTable.parsed(text)
    }

    /// The server of a name, as far as an entry tells it; `nil` if there is none.
    func entry(named name: String) -> MCPEntry? {
        server(name, in: root).map { server in
            let isWhole =
                form == .tables
                ? server.members.count == 2 : server.members.count == 4 && server["transport"]?.string == "stdio"
            return MCPEntry(
                name: isWhole ? name : "", command: server["command"]?.string ?? "",
                arguments: (server["args"]?.elements ?? []).compactMap(\.string))
        }
    }

    /// Puts an entry in the place of the one of its name, or behind all that the file has.
    mutating func set(_ entry: MCPEntry) throws(MCPFileFault) {
        var lines = TOMLLines(text)
        lines.remove { isOurs($0, $1, entry.name) }
        // What a program has written for no servers: an array, which can't be gone on with.
        if form == .arrayOfTables { lines.removeTopLevel("\(ServerTable.key)=[]") }
        lines.append(ServerTable.text(of: entry, form))
        try finish(lines.text, entry.name, ServerTable.value(of: entry, form))
    }

    /// Takes the entry of a name out.
    mutating func remove(_ name: String) throws(MCPFileFault) {
        var lines = TOMLLines(text)
        lines.remove { isOurs($0, $1, name) }
        try finish(lines.text, name, nil)
    }

    /// The lines of an entry.
    static func text(of entry: MCPEntry, _ form: Form) -> String {
        let arguments = entry.arguments.map(quoted).joined(separator: ", ")
        let own = "command = \(quoted(entry.command))\nargs = [\(arguments)]\n"
        switch form {
        case .tables: return "[\(key).\(entry.name)]\n\(own)"
        case .arrayOfTables: return "[[\(key)]]\nname = \(quoted(entry.name))\ntransport = \"stdio\"\n\(own)"
        }
    }

    /// A text in TOML: its escapes are those of JSON.
    private static func quoted(_ text: String) -> String { JSONText.string(text).text }

    private static func value(of entry: MCPEntry, _ form: Form) -> JSONText {
        let own: [(String, JSONText?)] = [
            ("args", .array(entry.arguments.map { .string($0) })), ("command", .string(entry.command)),
        ]
        return .object(form == .tables ? own : own + [("name", .string(entry.name)), ("transport", .string("stdio"))])
    }

    /// Whether a table is that of the server: by its header, or by the name in it.
    private func isOurs(_ header: String, _ lines: ArraySlice<String>, _ name: String) -> Bool {
        switch form {
        case .tables: header == "[\(ServerTable.key).\(name)]" || header.hasPrefix("[\(ServerTable.key).\(name).")
        case .arrayOfTables:
            header == "[[\(ServerTable.key)]]" && lines.contains { TOMLLines.bare($0) == "name=\(name)" }
        }
    }

    /// Takes the changed text, if nothing else has changed.
    private mutating func finish(_ new: String, _ name: String, _ value: JSONText?) throws(MCPFileFault) {
        guard let root = try? ServerTable.parsed(new) else { throw .uneditable }
        let isRight = server(name, in: root).map(ServerTable.sorted) == value.map(ServerTable.sorted)
        guard isRight, others(root, name) == others(self.root, name) else { throw .uneditable }
        (text, self.root) = (new, root)
    }

    private func server(_ name: String, in root: JSONText) -> JSONText? {
        let servers = root[ServerTable.key]
        return form == .tables
            ? servers?[name] : servers?.elements.first { $0["name"]?.string.hasSameBytes(as: name) == true }
    }

    /// All that the file says beside the server, in an order that does not depend on the text.
    private func others(_ root: JSONText, _ name: String) -> [JSONText] {
        let servers = root[ServerTable.key]
        let rest: [JSONText] =
            switch form {
            case .tables:
                (servers?.members ?? []).filter { $0.key != name }.map {
                    .object([($0.key, ServerTable.sorted($0.value))])
                }
            case .arrayOfTables:
                (servers?.elements ?? []).filter { $0["name"]?.string.hasSameBytes(as: name) != true }.map(
                    ServerTable.sorted)
            }
        return [ServerTable.sorted(root.setting(ServerTable.key, to: nil))] + rest
    }

    private static func sorted(_ value: JSONText) -> JSONText {
        switch value.kind {
        case .object:
            .object(
                value.members.map { ($0.key, Optional(sorted($0.value))) }.sorted {
                    Array($0.0.utf8).lexicographicallyPrecedes(Array($1.0.utf8))
                })
        case .array: .array(value.elements.map(sorted))
        default: value
        }
    }

    private static func parsed(_ text: String) throws(MCPFileFault) -> JSONText {
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw .syntax("line \(error.source.begin.line), column \(error.source.begin.column) is not TOML")
        } catch { throw .syntax("it is not TOML") }
        guard let json = try? JSONText(table.convert(to: .json)) else { throw .uneditable }
        return json
    }
}

/// The lines of a file of TOML, and the tables that they begin.
struct TOMLLines {
    private var lines: [String]
    private let end: String

    init(_ text: String) {
        end = text.utf8.contains(0x0D) ? "\r\n" : "\n"
        lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(Substring(line.last == 0x0D ? line.dropLast() : line))
        }
        if lines.last == "" { lines.removeLast() }
    }

    var text: String { lines.map { $0 + end }.joined() }

    /// A line without blanks and quotation marks.
    static func bare(_ line: String) -> String {
        let code = line.prefix { $0 != "#" }
        return String(code.filter { !" \t\"'".contains($0) })
    }

    /// Takes out tables, each from its header to the next one, with the tables below it.
    ///
    /// Comments directly above the next header belong to that one, and stay.
    mutating func remove(where isMeant: (_ header: String, _ lines: ArraySlice<String>) -> Bool) {
        var kept = Array(lines.prefix(sections.first ?? lines.count))
        var (isGoing, owner) = (false, "")
        for (place, start) in sections.enumerated() {
            let end = place + 1 < sections.count ? sections[place + 1] : lines.count
            let header = TOMLLines.bare(lines[start])
            // A table such as [mcp_servers.env] belongs to the element of the array that stands before it.
            let isPart = owner.hasPrefix("[[") && header.hasPrefix(owner.dropLast().dropFirst().dropLast() + ".")
            if !isPart { (isGoing, owner) = (isMeant(header, lines[start..<end]), header) }
            if isGoing {
                kept += lines[start..<end].reversed().prefix { $0.hasPrefix("#") }.reversed()
            } else {
                kept += lines[start..<end]
            }
        }
        lines = kept
        trimEnd()
    }

    private mutating func trimEnd() {
        while lines.last?.allSatisfy({ $0 == " " || $0 == "\t" }) == true { lines.removeLast() }
    }

    /// Takes out a line of the top level that says this and nothing else.
    mutating func removeTopLevel(_ bare: String) {
        let top = lines[..<(sections.first ?? lines.count)]
        if let place = top.firstIndex(where: { TOMLLines.bare($0) == bare }) { lines.remove(at: place) }
    }

    /// Adds lines behind all others, and an empty one before them.
    mutating func append(_ text: String) {
        trimEnd()
        if !lines.isEmpty { lines.append("") }
        lines += text.split(separator: "\n").map(String.init)
    }

    /// The lines that are headers of tables.
    private var sections: [Int] {
        lines.indices.filter { place in
            let line = TOMLLines.bare(lines[place])
            return line.hasPrefix("[") && line.hasSuffix("]") && !line.contains("=") && !line.contains(",")
        }
    }
}
