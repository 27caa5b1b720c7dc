import ConvoAPI
import ConvoMarkdown
import ConvoPlatform
import ConvoTerminal
import Dispatch
import Synchronization

/// Writes an answer to standard output while the server sends it.
actor StreamPrinter {
    private let device = TerminalDevice.standardOutput
    private var transcript = Transcript()
    private var text: any AnswerText
    private var hasFailed = false
    private let stops = ProcessStops()
    private var seenStops = 0

    /// - Parameter text: how the answer is laid out.
    init(_ text: any AnswerText) { self.text = text }

    /// Prints what an event adds; where the terminal is gone, the engine stores the answer all the same.
    func show(_ event: ConversationEvent) {
        if stops.count != seenStops {
            seenStops = stops.count
            type(text.redraw())
        }
        type(transcript.pieces(of: event).reduce(into: "") { $0 += text.add($1) })
    }

    /// Ends the line, so that another text can follow on the terminal.
    func breakLine() { type(text.end()) }

    /// Prints a line beside the answer.
    func note(_ line: String) { type(text.note(line)) }

    /// Ends the last line.
    ///
    /// - Returns: whether the answer's text was shown: not where another process delivers the write, where the answer
    ///   has none, or where writing to the terminal failed.
    func end() -> Bool {
        type(text.end())
        return transcript.hasWords && !hasFailed
    }

    private func type(_ text: String) {
        guard !text.isEmpty else { return }
        do { try device.write(text) } catch { hasFailed = true }
    }
}

extension Console {
    /// Prints an answer while it comes: laid out on a terminal, as it comes elsewhere.
    var streamPrinter: StreamPrinter {
        guard style.width != nil, obeysEscapes else { return StreamPrinter(PlainAnswer(style.ansi)) }
        let hasHyperlinks = richStyle(style).hasHyperlinks
        return StreamPrinter(
            LiveAnswer {
                let (style, height) = (self.style, TerminalDevice.standardOutput.height)
                return AnswerLayout(
                    markdown: MarkdownStyle(
                        ansi: style.ansi, width: style.textWidth, wideWidth: style.width, hasHyperlinks: hasHyperlinks),
                    width: style.width ?? style.textWidth, height: height ?? LiveAnswer.leastHeight)
            })
    }
}

/// Counts how often the process was stopped, such as by Ctrl-Z, and went on.
private final class ProcessStops: Sendable {
    private let number = Mutex(0)
    // `init` sets it before any other thread knows the object, and `deinit` alone reads it afterwards.
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    init() {
        source = DispatchSource.makeSignalSource(signal: SIGCONT, queue: .global())
        source.setEventHandler { [weak self] in self?.number.withLock { $0 += 1 } }
        // By default nobody hears of the signal; it lets the process go on in either case.
        signal(SIGCONT, SIG_IGN)
        source.resume()
    }

    deinit { source.cancel() }

    var count: Int { number.withLock { $0 } }
}
