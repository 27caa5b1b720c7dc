/// The text of a config file, changed one setting at a time: comments, blank lines and the order of the others stay.
///
/// This type knows lines of the form `name = value` and `[profile.NAME]`. Its caller parses the changed text and compares:
/// a file in another form (an inline table, a text of several lines) could come out otherwise than meant.
struct ConfigurationText {
    /// The lines without their ends.
    private var lines: [String]
    /// Whether the file's lines end with CR LF.
    private let hasCarriageReturns: Bool

    init(_ text: String) {
        hasCarriageReturns = text.utf8.contains(0x0D)
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(Substring(line.last == 0x0D ? line.dropLast() : line))
        }
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    /// The whole text, whose last line has an end.
    var text: String { lines.map { $0 + (hasCarriageReturns ? "\r\n" : "\n") }.joined() }

    /// Gives a setting a value, in the place where it stands, or behind the last setting of its section.
    ///
    /// - Parameters:
    ///   - name: the setting's name.
    ///   - value: its value as TOML.
    ///   - profile: the profile whose table has it, which is added if it is missing; `nil` for the top level.
    mutating func set(_ name: String, to value: String, in profile: String?) {
        addTable(of: profile)
        let section = section(of: profile)
        if let index = section.last(where: { ConfigurationText.name(in: lines[$0]) == name }) {
            lines[index] = ConfigurationText.replacingValue(in: lines[index], by: value)
            return
        }
        let line = "\(name) = \(value)"
        if let last = section.last(where: { ConfigurationText.name(in: lines[$0]) != nil }) {
            lines.insert(line, at: last + 1)
        } else if profile != nil {
            lines.insert(line, at: section.lowerBound)
        } else {
            insertFirst(line, in: section)
        }
    }

    /// Takes a setting out, with its line.
    mutating func remove(_ name: String, in profile: String?) {
        let section = section(of: profile)
        for index in section.reversed() where ConfigurationText.name(in: lines[index]) == name {
            lines.remove(at: index)
        }
    }

    /// Adds a profile's table, without settings, unless it is there.
    mutating func addTable(of profile: String?) {
        guard let profile, header(of: profile) == nil else { return }
        if let last = lines.last, !last.isEmpty { lines.append("") }
        lines.append("[profile.\(profile)]")
    }

    /// Adds the first setting of the top level: in front of the first table and the comment that belongs to it.
    private mutating func insertFirst(_ line: String, in section: Range<Int>) {
        guard section.upperBound < lines.count else { return lines.append(line) }
        var place = section.upperBound
        while place > 0, lines[place - 1].first == "#" { place -= 1 }
        lines.insert(contentsOf: [line, ""], at: place)
    }

    /// The lines of a table, without its header, or of the top level.
    private func section(of profile: String?) -> Range<Int> {
        var start = 0
        if let profile {
            guard let header = header(of: profile) else { return lines.count..<lines.count }
            start = header + 1
        }
        let end = lines[start...].firstIndex { ConfigurationText.header(in: $0) != nil }
        return start..<(end ?? lines.count)
    }

    private func header(of profile: String) -> Int? {
        lines.firstIndex { ConfigurationText.header(in: $0) == "profile.\(profile)" }
    }

    /// The table that a line opens, without blanks and quotation marks; `nil` for any other line.
    private static func header(in line: String) -> String? {
        let line = line.drop { $0 == " " || $0 == "\t" }
        guard line.first == "[", let end = line.firstIndex(of: "]") else { return nil }
        return String(line[line.index(after: line.startIndex)..<end].filter { !" \t\"'".contains($0) })
    }

    /// The setting that a line gives, without quotation marks; `nil` for any other line.
    private static func name(in line: String) -> String? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let name = line[..<equals].filter { !" \t\"'".contains($0) }
        guard name.first.map({ $0 != "#" && $0 != "[" }) == true else { return nil }
        return String(name)
    }

    /// The line with another value, and with the comment behind it.
    private static func replacingValue(in line: String, by value: String) -> String {
        guard let equals = line.firstIndex(of: "=") else { return line }
        let rest = line[line.index(after: equals)...]
        let start = rest.firstIndex { $0 != " " && $0 != "\t" } ?? rest.endIndex
        let tail = rest[end(ofValueAt: start, in: rest)...]
        let gap = start == rest.startIndex ? " " : rest[rest.startIndex..<start]
        return line[...equals] + gap + value + tail
    }

    /// The end of a value on one line: behind the quotation mark that closes the value, or before a blank or a comment.
    private static func end(ofValueAt start: Substring.Index, in rest: Substring) -> Substring.Index {
        guard start < rest.endIndex else { return start }
        let quote = rest[start]
        guard quote == "\"" || quote == "'" else {
            return rest[start...].firstIndex { $0 == " " || $0 == "\t" || $0 == "#" } ?? rest.endIndex
        }
        var place = rest.index(after: start)
        while place < rest.endIndex, rest[place] != quote {
            if quote == "\"", rest[place] == "\\" { place = rest.index(after: place) }
            if place < rest.endIndex { place = rest.index(after: place) }
        }
        return place < rest.endIndex ? rest.index(after: place) : place
    }
}

extension Setting {
    /// A value that a person gives, as TOML.
    ///
    /// A number stays one; any other value becomes a text, which the file's reader then refuses with the reason where the
    /// setting is a number.
    func literal(of value: String) -> String {
        switch form {
        case .text, .choice: break
        case .seconds:
            if let number = Int(value) { return String(number) }
            if let number = Double(value), number.isFinite { return String(number) }
        case .mebibytes:
            if let number = Int(value) { return String(number) }
        }
        return Setting.quoted(value)
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
