import ConvoPlatform

/// Reads lines as they come: from a pipe, a file, or a terminal without libedit.
final class PlainLines: LineSource {
    /// A line of more bytes is not taken.
    private static let limit = 16 << 20
    private static let chunk = 64 << 10

    private let input: TerminalDevice
    /// Where the prompt goes; `nil` where nobody sees one.
    private let output: TerminalDevice?
    /// The terminal's modes; `nil` where nobody types.
    private let modes: TerminalModes?
    private var bytes: [UInt8] = []
    private var hasEnded = false
    private var pasted = PastedLines()

    init(input: TerminalDevice, output: TerminalDevice?, modes: TerminalModes?) {
        self.input = input
        self.output = output
        self.modes = modes
        modes?.hideTyping()
    }

    func read(_ prompt: LinePrompt, _ requests: LineRequests) -> LineInput {
        modes?.restore()
        defer { modes?.hideTyping() }
        if !prompt.draft.isEmpty { write(prompt.draft.sanitised(.block) + "\n") }
        write(prompt.text)
        while true {
            if let line = nextLine() {
                guard let text = String(validating: line, as: UTF8.self) else {
                    return .unreadable("The line is not UTF-8 text.")
                }
                if let whole = pasted.take(text) { return .line(whole) }
                continue
            }
            if hasEnded { return .ended }
            guard bytes.count <= PlainLines.limit else {
                (bytes, hasEnded) = ([], true)
                return .unreadable("A line has more than \(PlainLines.limit) bytes.")
            }
            let hasInput = requests.wait(beside: input.descriptor)
            // Before the input: what was typed behind Ctrl-C belongs to the next line.
            if let outcome = fulfil(requests.take(), prompt, hasInput) { return outcome }
            if hasInput { fill() }
        }
    }

    func remember(_ line: String) {}

    func watch(_ requests: LineRequests, onInterrupt: () -> Void) {}

    func prepare() {}

    func close() {}

    private func fulfil(
        _ requests: [LineRequests.Request], _ prompt: LinePrompt, _ hasInput: Bool
    ) -> LineInput? {
        for request in requests {
            switch request {
            case .show(let text): write("\r" + text + prompt.text)
            case .interrupt:
                (bytes, pasted) = ([], PastedLines())
                write("\n")
                return .interrupted
            case .recall where bytes.isEmpty && !pasted.isOpen && !hasInput:
                write("\n")
                return .recalled
            case .recall, .resize, .resume: break
            }
        }
        return nil
    }

    /// The next line without its end; at the end of a file also one that has none.
    private func nextLine() -> [UInt8]? {
        if let end = bytes.firstIndex(of: 0x0A) {
            defer { bytes.removeSubrange(...end) }
            let line = bytes[..<end]
            return Array(line.last == 0x0D ? line.dropLast() : line)
        }
        guard hasEnded, !bytes.isEmpty else { return nil }
        defer { bytes = [] }
        return bytes
    }

    private func fill() {
        var buffer = [UInt8](repeating: 0, count: PlainLines.chunk)
        let count = ConvoPlatform.read(input.descriptor, &buffer, buffer.count)
        if count > 0 {
            bytes.append(contentsOf: buffer[..<count])
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            hasEnded = true
        }
    }

    private func write(_ text: String) { try? output?.write(text) }
}
