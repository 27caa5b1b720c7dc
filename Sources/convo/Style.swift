import ConvoTerminal

/// What the people's form of an answer depends on, as a value.
struct Style: Sendable {
    let ink: Ink
    /// The terminal's columns; `nil` where there is none.
    let width: Int?
    let moments: Moments

    /// The columns that running text takes: wider lines are hard to read.
    var textWidth: Int { min(width ?? Style.comfortableWidth, Style.comfortableWidth) }

    static let comfortableWidth = 100
}
