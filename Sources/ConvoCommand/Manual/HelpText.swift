import ConvoPlatform
import ConvoTerminal

/// The help of a verb as the parser writes it, which leaves some lines as long as they are.
enum HelpText {
    /// The narrowest width that lines are broken for.
    private static let leastWidth = 40

    /// The width for a text on a stream; `nil` where nothing tells: what a program reads is left as it is.
    static func width(of device: TerminalDevice) -> Int? {
        let columns = getenv("COLUMNS").flatMap { Int(String(cString: $0)) }
        return (columns ?? device.width).map { max(leastWidth, $0) }
    }

    /// Has the parser, which ends the process where a terminal is narrower than its columns, lay help out for the least width.
    static func keepLeastWidth() {
        let columns = getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? TerminalDevice.standardOutput.width
        if let columns, columns < leastWidth { setenv("COLUMNS", "\(leastWidth)", 1) }
    }

    /// The text with its lines broken; those of usage between arguments, and indented from the second line on.
    static func wrapped(_ text: String, to width: Int?) -> String {
        guard let width else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.count > width else { return String(line) }
            let isUsage = line.hasPrefix("USAGE: ") || line.hasPrefix("Usage: ")
            return isUsage ? broken(line, to: width) : String(line).wrapped(to: width).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func broken(_ line: Substring, to width: Int) -> String {
        var lines: [String] = []
        var current = ""
        for piece in pieces(of: line) {
            if !current.isEmpty, current.count + 1 + piece.count > width {
                lines.append(current)
                current = "        " + piece
            } else {
                current += current.isEmpty ? piece : " " + piece
            }
        }
        return (lines + [current]).joined(separator: "\n")
    }

    /// The words of the line, where an option and its value in brackets are one.
    private static func pieces(of line: Substring) -> [String] {
        var pieces: [String] = []
        var depth = 0
        for word in line.split(separator: " ") {
            if depth > 0, let last = pieces.popLast() {
                pieces.append("\(last) \(word)")
            } else {
                pieces.append(String(word))
            }
            depth += word.count { $0 == "[" } - word.count { $0 == "]" }
        }
        return pieces
    }
}
