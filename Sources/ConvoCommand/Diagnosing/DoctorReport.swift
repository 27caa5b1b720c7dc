import ConvoJSON
import ConvoTerminal

/// The findings of `convo doctor`, in the order of the checks.
struct DoctorReport {
    let findings: [Finding]

    /// Judges the facts with every check, so that no fault hides another one.
    ///
    /// - Parameters:
    ///   - facts: what was gathered.
    ///   - earlier: what was done before, such as a repair; it stands first.
    init(_ facts: DiagnosticFacts, after earlier: [Finding] = []) {
        findings = earlier + Check.all.flatMap { $0.judge(facts) }
    }

    /// The error with which the command ends: that of the first failure; `nil` where there is none.
    var error: CLIError? { findings.lazy.compactMap(\.error).first }

    var json: JSONText { .object(["checks": .array(findings.map(\.json))]) }

    /// The findings for a person: a mark, the part, what was found, and on lines of its own the way out.
    func lines(_ style: OutputStyle) -> [String] { findings.flatMap { DoctorReport.lines($0, style) } }

    private static let markWidth = 6
    private static let partWidth = 10
    /// The fewest columns that are left for the words on a narrow terminal.
    private static let leastTextWidth = 16

    private static func lines(_ finding: Finding, _ style: OutputStyle) -> [String] {
        let indent = markWidth + partWidth
        let width = style.width.map { max(leastTextWidth, min($0, OutputStyle.comfortableWidth) - indent) } ?? 0
        let words = finding.message.sanitised(.line).wrapped(to: width)
        let hint = finding.hint.map { "Hint: \($0)".sanitised(.line).wrapped(to: width) } ?? []
        let head =
            mark(of: finding.severity, style.ansi) + style.ansi.faint(finding.part.padded(to: partWidth))
        let margin = String(repeating: " ", count: indent)
        return [head + (words.first ?? "")] + words.dropFirst().map { margin + $0 }
            + hint.map { margin + style.ansi.faint($0) }
    }

    private static func mark(of severity: Finding.Severity, _ ansi: ANSIStyle) -> String {
        switch severity {
        case .ok: ansi.model("ok".padded(to: markWidth))
        case .note: ansi.faint("note".padded(to: markWidth))
        case .warning: ansi.tool("warn".padded(to: markWidth))
        case .failure: ansi.alarm("no".padded(to: markWidth))
        }
    }
}
