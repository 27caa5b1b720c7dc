import ArgumentParser
import ConvoJSON
import ConvoTerminal

/// The form in which a verb prints a list.
///
/// The values are listed by hand, because the parser takes longer than a query to derive them from the cases.
enum OutputFormat: String, ExpressibleByArgument {
    /// One JSON document.
    case json
    /// One JSON value a line.
    case jsonl
    /// Aligned columns, for people.
    case table
    /// A line of the columns' names, then one a row, with tabs between the values.
    case tsv

    static let allValueStrings = ["json", "jsonl", "table", "tsv"]
    static let defaultCompletionKind = CompletionKind.list(allValueStrings)

    /// Decides on the form.
    ///
    /// - Parameters:
    ///   - output: the value of `--output`, if it was given.
    ///   - asJSON: whether `--json` was given.
    /// - Returns: the form; a table where nothing was given.
    /// - Throws: `ValidationError` where the two contradict each other.
    static func chosen(_ output: OutputFormat?, asJSON: Bool) throws -> OutputFormat {
        guard asJSON, let output, output != .json else { return output ?? (asJSON ? .json : .table) }
        throw ValidationError("Give either --json or --output \(output.rawValue), not both.")
    }
}

extension ArgumentHelp {
    static let output = ArgumentHelp("json, jsonl, table or tsv.", valueName: "format")
}

/// Rows as tab-separated values: no value has a tab or a line end, so that a line is a row, and a tab ends a value.
enum TabSeparated {
    /// The line of a row.
    ///
    /// A string stands as it is, but that a backslash, a tab, a line feed and a carriage return are written `\\`, `\t`,
    /// `\n` and `\r`, and that other control characters are shown, so that no terminal obeys them. `null` is an empty value, and everything else is JSON.
    ///
    /// - Parameters:
    ///   - object: the row, a JSON object.
    ///   - columns: the names of the members to print, in order.
    /// - Returns: the line without its end.
    static func line(of object: JSONText, _ columns: [String]) -> String {
        let members = Dictionary(object.members, uniquingKeysWith: { first, _ in first })
        return columns.map { members[$0].map { value($0).sanitised(.line) } ?? "" }.joined(separator: "\t")
    }

    private static func value(_ json: JSONText) -> String {
        guard let string = json.string else { return json.isNull ? "" : json.text }
        guard string.utf8.contains(where: { $0 == 0x5C || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else {
            return string
        }
        var result = ""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Console {
    /// Prints rows for programs, in pieces, while they are read.
    ///
    /// - Parameters:
    ///   - format: any form but a table.
    ///   - columns: the names of the members that tab-separated values have, in order.
    ///   - make: hands on the rows, JSON objects, a few at a time.
    /// - Throws: what `make` throws, and ``TerminalDevice/WriteFailure``.
    func printRows(
        _ format: OutputFormat, columns: [String], _ make: (_ write: ([JSONText]) throws -> Void) throws -> Void
    ) throws {
        switch format {
        case .tsv:
            try write(columns.joined(separator: "\t") + "\n")
            try make { rows in
                let lines = rows.map { TabSeparated.line(of: $0, columns) + "\n" }.joined()
                try write(lines)
            }
        case .jsonl:
            try make { rows in
                try write(rows.map { (isTerminal ? $0.escapedForTerminal : $0.text) + "\n" }.joined())
            }
        case .json, .table:
            var start = "["
            try make { rows in
                guard !rows.isEmpty else { return }
                try write(start + rows.map { isTerminal ? $0.escapedForTerminal : $0.text }.joined(separator: ","))
                start = ","
            }
            try write(start == "[" ? "[]\n" : "]\n")
        }
    }
}
