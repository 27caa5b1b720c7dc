/// Styles for text on a terminal that wants them; plain text everywhere else.
///
/// What is styled must be sanitised first: the styles' own escape sequences are the only ones that may get out.
public struct ANSIStyle: Hashable, Sendable {
    public static let plain = ANSIStyle(isColoured: false)
    public static let coloured = ANSIStyle(isColoured: true)

    public let isColoured: Bool

    private init(isColoured: Bool) { self.isColoured = isColoured }

    /// Colour is for a terminal that is not dumb, where `NO_COLOR` is not set to anything.
    ///
    /// > "… when present and not an empty string (regardless of its value), prevents the addition of ANSI color."
    /// > no-color.org
    public init(isTerminal: Bool, noColor: String?, term: String?) {
        isColoured = isTerminal && (noColor ?? "").isEmpty && term != "dumb"
    }

    public func strong(_ text: String) -> String { wrap(text, "1", "22") }
    public func faint(_ text: String) -> String { wrap(text, "2", "22") }
    public func alarm(_ text: String) -> String { wrap(text, "1;31", "22;39") }
    public func person(_ text: String) -> String { wrap(text, "1;36", "22;39") }
    public func model(_ text: String) -> String { wrap(text, "1;32", "22;39") }
    public func tool(_ text: String) -> String { wrap(text, "33", "39") }

    private func wrap(_ text: String, _ on: String, _ off: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(on)m\(text)\u{1B}[\(off)m" : text
    }
}
