import ConvoJSON

/// A file of JSON in which comments and trailing commas may stand, changed as text: all of it stays but the one member.
struct CommentedJSON {
    private(set) var text: String
    /// The JSON value of the text; comments are no part of it.
    private(set) var value: JSONText

    /// Parses a text; one without anything in it is an empty object.
    init(_ text: String) throws(MCPFileFault) {
        let isBlank = text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0 == "\u{FEFF}" }
        self.text = isBlank ? "{}\n" : text
        value = try CommentedJSON.parsed(CommentedJSON.blanked(Array(self.text.utf8)))
        guard value.kind == .object else { throw .syntax("it holds no JSON object") }
        if isBlank { self.text = text.isEmpty ? "{}\n" : self.text }
    }

    /// Gives an object of the top level a member, and makes the object if it is missing.
    ///
    /// A new member stands first, where no comment of another one stands behind it.
    mutating func set(_ name: String, to new: JSONText, in container: String) throws(MCPFileFault) {
        let before = value
        let scan = JSONScan(CommentedJSON.blanked(Array(text.utf8)))
        let root = try scan.object(at: scan.start)
        guard let outer = try scan.member(container, of: root) else {
            insert(container, .object([(name, new)]), into: root, scan, level: 0)
            return try finish(before, name, new, container)
        }
        let object = try scan.object(at: outer.value.lowerBound)
        if let old = try scan.member(name, of: object) {
            let indent = scan.indent(before: old.name.lowerBound) ?? "    "
            replace(old.value, with: CommentedJSON.pretty(new, indent: indent, unit: unit(of: root, scan)))
        } else {
            insert(name, new, into: object, scan, level: 1)
        }
        try finish(before, name, new, container)
    }

    /// Takes a member out of an object of the top level, with its line.
    mutating func remove(_ name: String, from container: String) throws(MCPFileFault) {
        let before = value
        let scan = JSONScan(CommentedJSON.blanked(Array(text.utf8)))
        guard let outer = try scan.member(container, of: scan.object(at: scan.start)) else { return }
        let object = try scan.object(at: outer.value.lowerBound)
        guard let old = try scan.member(name, of: object) else { return }
        replace(scan.extent(of: old), with: "")
        // What is last now has no comma behind it, but for one that stood there before.
        if object.members.last?.name == old.name, object.members.count > 1, let comma = scan.comma(before: old) {
            replace(comma..<comma + 1, with: "")
        }
        collapse(container)
        try finish(before, name, nil, container)
    }

    /// Makes `{}` of an object of the top level in which nothing stands any more, not even a comment.
    private mutating func collapse(_ container: String) {
        let bytes = Array(text.utf8)
        let scan = JSONScan(CommentedJSON.blanked(bytes))
        guard let root = try? scan.object(at: scan.start), let outer = try? scan.member(container, of: root),
            let object = try? scan.object(at: outer.value.lowerBound)
        else { return }
        let inner = object.range.lowerBound + 1..<object.range.upperBound - 1
        if bytes[inner].allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) { replace(inner, with: "") }
    }

    /// Puts a member in front of those of an object.
    private mutating func insert(
        _ name: String, _ new: JSONText, into object: JSONScan.Object, _ scan: JSONScan, level: Int
    ) {
        let unit = unit(of: object, scan)
        let outer = scan.indent(before: object.range.lowerBound) ?? String(repeating: unit, count: level)
        let inner = object.members.first.flatMap { scan.indent(before: $0.name.lowerBound) } ?? outer + unit
        let member = "\(JSONText.string(name)): " + CommentedJSON.pretty(new, indent: inner, unit: unit)
        let end = object.members.isEmpty ? (scan.hasLineFeed(object.range) ? "" : "\n" + outer) : ","
        let gap = object.members.isEmpty || scan.hasLineFeed(object.range) ? "" : "\n" + inner
        let place = object.range.lowerBound + 1
        replace(place..<place, with: "\n\(inner)\(member)\(end)\(gap)")
    }

    /// How the file indents one level: as it does its first member.
    private func unit(of object: JSONScan.Object, _ scan: JSONScan) -> String {
        let inner = object.members.first.flatMap { scan.indent(before: $0.name.lowerBound) } ?? ""
        let outer = scan.indent(before: object.range.lowerBound) ?? ""
        return inner.hasPrefix(outer) && inner != outer ? String(inner.dropFirst(outer.count)) : "  "
    }

    private mutating func replace(_ range: Range<Int>, with new: String) {
        var bytes = Array(text.utf8)
        bytes.replaceSubrange(range, with: Array(new.utf8))
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Parses the changed text, and makes sure that nothing else has changed.
    private mutating func finish(
        _ before: JSONText, _ name: String, _ new: JSONText?, _ container: String
    ) throws(MCPFileFault) {
        guard let value = try? CommentedJSON.parsed(CommentedJSON.blanked(Array(text.utf8))) else { throw .uneditable }
        func others(_ value: JSONText) -> Set<JSONText> {
            Set(value.setting(container, to: nil).members.map { .object([($0.key, $0.value)]) })
        }
        func servers(_ value: JSONText) -> Set<JSONText> {
            Set((value[container] ?? .object([])).setting(name, to: nil).members.map { .object([($0.key, $0.value)]) })
        }
        guard others(value) == others(before), servers(value) == servers(before), value[container]?[name] == new else {
            throw .uneditable
        }
        self.value = value
    }

    private static func parsed(_ bytes: [UInt8]) throws(MCPFileFault) -> JSONText {
        do throws(JSONSyntaxError) { return try JSONText(utf8: bytes) } catch {
            throw .syntax("it is not JSON: \(error)")
        }
    }

    /// The text with a space for each byte of a comment, and for each comma before the end of an object or array: places stay.
    private static func blanked(_ text: [UInt8]) -> [UInt8] {
        var (bytes, index, comma) = (text, 0, Int?.none)
        while index < bytes.count {
            let (byte, next) = (bytes[index], index + 1 < bytes.count ? bytes[index + 1] : 0)
            switch (byte, next) {
            case (UInt8(ascii: "\""), _):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                comma = nil
            case (UInt8(ascii: "/"), UInt8(ascii: "/")):
                while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D {
                    bytes[index] = 0x20
                    index += 1
                }
                continue
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                let end = bytes[(index + 2)...].indices.first {
                    bytes[$0] == UInt8(ascii: "*") && $0 + 1 < bytes.count && bytes[$0 + 1] == UInt8(ascii: "/")
                }
                guard let end else { return bytes }  // no JSON: the parser says so
                for place in index..<end + 2 where bytes[place] != 0x0A && bytes[place] != 0x0D { bytes[place] = 0x20 }
                index = end + 2
                continue
            case (UInt8(ascii: ","), _): comma = index
            case (UInt8(ascii: "}"), _), (UInt8(ascii: "]"), _):
                if let place = comma { bytes[place] = 0x20 }
                comma = nil
            case (0x20, _), (0x09, _), (0x0A, _), (0x0D, _): break
            default: comma = nil
            }
            index += 1
        }
        return bytes
    }

    /// A value on several lines: objects a line for each member, arrays on one line.
    static func pretty(_ value: JSONText, indent: String, unit: String) -> String {
        switch value.kind {
        case .object where !value.members.isEmpty:
            let lines = value.members.map { name, value in
                "\(indent)\(unit)\(JSONText.string(name)): \(pretty(value, indent: indent + unit, unit: unit))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        case .array: return "[\(value.elements.map(\.text).joined(separator: ", "))]"
        default: return value.text
        }
    }
}
