public import ConvoServer

/// The API keys that are known, and whose they are. None: any key is taken, and all see the same.
public struct KeyTable: Hashable, Sendable, CustomStringConvertible {
    private struct Entry: Hashable {
        let key: String
        let principal: Principal
        let text: String
    }

    private var entries: [Entry] = []

    public init() {}

    /// Reads `KEY[@USER[/WORKSPACE[/ORGANIZATION]]]`, with commas between several.
    ///
    /// `nil` for an empty key or name, and for a key that is there twice.
    public init?(_ text: String) {
        for item in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            guard add(String(item)) else { return nil }
        }
    }

    /// - Returns: `false`, with nothing changed, for a text that is none of a key.
    public mutating func add(_ text: String) -> Bool {
        let at = text.lastIndex(of: "@")
        let key = String(text[..<(at ?? text.endIndex)])
        let names = at.map { text[text.index(after: $0)...].split(separator: "/", omittingEmptySubsequences: false) }
        let parts = (names ?? []).map(String.init)
        guard !key.isEmpty, !text.contains(","), parts.count <= 3, !parts.contains(""),
            !entries.contains(where: { $0.key == key })
        else {
            return false
        }
        let rest = Principal()
        let principal = Principal(
            user: parts.first ?? rest.user, workspace: parts.count > 1 ? parts[1] : rest.workspace,
            organization: parts.count > 2 ? parts[2] : rest.organization, keyName: "key \(entries.count + 1)")
        entries.append(Entry(key: key, principal: principal, text: text))
        return true
    }

    public var isEmpty: Bool { entries.isEmpty }
    public subscript(key: String) -> Principal? { entries.first { $0.key == key }?.principal }
    public var description: String { entries.map(\.text).joined(separator: ",") }
}
