/// One line on standard error that says how far a long job is; silent where that is no terminal.
public struct ProgressLine: Sendable {
    private let device: TerminalDevice
    /// Whether anybody sees it.
    public let isShown: Bool

    public init(device: TerminalDevice = .standardError) {
        self.device = device
        isShown = device.isTerminal
    }

    /// Replaces what the line said. A failure to write is no failure of the job, so none is reported.
    public func show(_ text: String) {
        guard isShown else { return }
        try? device.write(ProgressLine.line(text, width: device.width))
    }

    /// Takes the line away.
    public func clear() {
        guard isShown else { return }
        try? device.write(ProgressLine.line("", width: nil))
    }

    static func line(_ text: String, width: Int?) -> String {
        "\r\u{1B}[2K" + text.sanitised(.line).truncated(to: (width ?? 80) - 1)
    }
}
