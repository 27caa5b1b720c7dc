import ConvoTerminal

/// What the people's form of an answer depends on, as a value.
struct OutputStyle: Sendable {
    let ansi: ANSIStyle
    /// The terminal's columns; `nil` where there is none.
    let width: Int?
    let times: LocalTimeFormatter

    /// The columns that running text takes: wider lines are hard to read.
    var textWidth: Int { min(width ?? OutputStyle.comfortableWidth, OutputStyle.comfortableWidth) }

    static let comfortableWidth = 100
}
