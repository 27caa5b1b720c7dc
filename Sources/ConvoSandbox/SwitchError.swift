/// A switch that cannot be turned as asked.
public enum SwitchError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAnAssignment(String)
    case unknown(String)
    case unusable(value: String, name: String, values: String)

    public var description: String {
        switch self {
        case .notAnAssignment(let text): "'\(text)' is not NAME=VALUE"
        case .unknown(let name): "there is no switch '\(name)'"
        case .unusable(let value, let name, let values): "\(name) takes \(values), not '\(value)'"
        }
    }
}

extension Switches {
    /// Turns one switch.
    ///
    /// - Throws: ``SwitchError``; nothing is changed then.
    public mutating func set(_ name: String, to value: String) throws(SwitchError) {
        guard let found = Switch.named(name) else { throw .unknown(name) }
        guard found.set(&self, value) else { throw .unusable(value: value, name: name, values: found.values) }
    }

    /// Turns one switch, written `NAME=VALUE`.
    ///
    /// - Throws: ``SwitchError``; nothing is changed then.
    public mutating func set(assignment text: String) throws(SwitchError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .notAnAssignment(text) }
        try set(String(parts[0]), to: String(parts[1]))
    }
}
