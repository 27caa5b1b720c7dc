import ConvoPlatform
import Dispatch

/// Reads what a person types, a line at a time, while other text may be shown above the line.
///
/// On a terminal the person edits the line with libedit; where libedit is missing, and in a pipe, lines are read as they
/// come.
// `source` is used on `queue` alone after `init`, and by `close()`, which is called when no read is under way.
package final class LineReader: @unchecked Sendable {
    /// Why lines cannot be edited, and what to do, in a sentence; `nil` where they can, or where nobody edits them.
    package let limitation: String?

    private let source: any LineSource
    private let requests: LineRequests
    private let queue = DispatchQueue(label: "convo.typing")
    private let modes: TerminalModes?
    private let onInterrupt: @Sendable () -> Void

    /// Begins to read standard input; `nil` where the process has no descriptors left.
    ///
    /// - Parameters:
    ///   - isInteractive: whether a person types, and sees standard output.
    ///   - isDumb: whether the terminal obeys no escape sequences.
    ///   - remembered: lines that the person gets back with the arrow keys, the oldest first.
    ///   - onInterrupt: called when the person presses Ctrl-C while no line is read, unless that comes as a signal; what was
    ///     typed ahead of it is gone.
    package init?(
        isInteractive: Bool, isDumb: Bool, remembered: [String], onInterrupt: @escaping @Sendable () -> Void = {}
    ) {
        guard let requests = LineRequests(device: .standardOutput) else { return nil }
        (self.requests, self.onInterrupt) = (requests, onInterrupt)
        modes = isInteractive ? TerminalModes() : nil
        guard let modes else {
            (source, limitation) = (PlainLines(input: .standardInput, output: nil, modes: nil), nil)
            return
        }
        switch isDumb ? .failure(LineEditor.Unavailable(reason: nil)) : LineEditor.make(remembered, modes) {
        case .success(let editor): (source, limitation) = (editor, nil)
        case .failure(let unavailable):
            source = PlainLines(input: .standardInput, output: .standardOutput, modes: modes)
            limitation = unavailable.reason
        }
        if !isDumb { try? TerminalDevice.standardOutput.write(PasteAssembler.on) }
        useThread {}
    }

    /// Reads a line.
    ///
    /// - Parameter prompt: what stands before it.
    /// - Returns: what came of it. One line is read at a time.
    package func read(_ prompt: LinePrompt) async -> LineInput {
        await withCheckedContinuation { continuation in
            useThread { [self] in
                continuation.resume(returning: requests.whileReading { source.read(prompt, requests) })
            }
        }
    }

    /// Shows a text above the line that is being edited, or at once where none is.
    ///
    /// - Parameter text: whole lines, sanitised, each with its line feed.
    package func show(_ text: String) { requests.add(.show(text)) }

    /// Ends the read that is under way with ``LineInput/interrupted``.
    package func interrupt() { requests.add(.interrupt) }

    /// Ends the read that is under way with ``LineInput/recalled`` if nothing was typed yet.
    package func recall() { requests.add(.recall) }

    /// Takes notice of the terminal's new size.
    package func resize() { requests.add(.resize) }

    /// Prepares the terminal again, after another program has had it.
    package func resume() {
        guard !requests.add(.resume) else { return }
        source.prepare()
        requests.wake()
    }

    /// Lets the person get a line back with the arrow keys.
    package func remember(_ line: String) { useThread { [self] in source.remember(line) } }

    /// Gives the terminal back as it was; called when no read is under way, or when the process ends.
    package func close() {
        requests.wantThread()
        queue.sync { source.close() }
        giveBack()
    }

    /// Sets the terminal's modes as they were, from any thread, also while a line is being read.
    package func giveBack() {
        guard let modes else { return }
        try? TerminalDevice.standardOutput.write(PasteAssembler.off)
        modes.restore()
    }

    /// Has the thread do a job; it watches for Ctrl-C before and behind.
    private func useThread(_ job: @escaping @Sendable () -> Void) {
        requests.wantThread()
        queue.async { [self] in
            requests.haveThread()
            job()
            source.watch(requests, onInterrupt: onInterrupt)
        }
    }
}
