import ConvoMCP
import ConvoPlatform
import ConvoTerminal

/// Carries bytes between standard input, the protocol, and standard output, on one thread.
///
/// It ends at the end of the input, after all that was read is answered; when the client reads no more; and when the process that
/// has started it ends, whoever still holds the pipe.
struct MCPLoop {
    /// How often the parent is looked at where the system does not tell of its end.
    private static let lookMilliseconds: Int32 = 1000
    private static let chunk = 1 << 16

    private var connection: MCPConnection
    private let input = STDIN_FILENO
    private let output = TerminalDevice.standardOutput
    private let parent = ParentProcess()
    private var isInputOpen = true
    private var buffer = [UInt8](repeating: 0, count: MCPLoop.chunk)

    init(_ connection: MCPConnection) { self.connection = connection }

    /// Serves until the end.
    ///
    /// - Throws: `TerminalDevice.WriteFailure` if standard output cannot be written, but for a client that is gone.
    mutating func run() throws {
        do {
            while true {
                if connection.hasWork {
                    try answerOne()
                } else if isInputOpen {
                    // A server is idle most of its life, and many may be.
                    HeapMemory.trim()
                    HeapMemory.releaseProgram()
                    guard waitForInput() else { return }
                    readInput()
                } else {
                    return try output.write(connection.farewell())
                }
            }
        } catch TerminalDevice.WriteFailure.readerGone { return }
    }

    /// Answers a message, unless the client has cancelled it by then.
    private mutating func answerOne() throws {
        readWhatIsThere()
        let lines = connection.prepareAnswer()
        readWhatIsThere()
        try output.write(connection.confirmed(lines))
    }

    /// Waits until there is input; `false` if the parent has ended.
    private func waitForInput() -> Bool {
        while true {
            var events = [input, parent.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let count = poll(&events, nfds_t(events.count), parent.descriptor < 0 ? MCPLoop.lookMilliseconds : -1)
            if count < 0, errno != EINTR { return false }
            if events[0].revents != 0, count > 0 { return true }
            if parent.hasEnded || events[1].revents != 0 { return false }
        }
    }

    private mutating func readWhatIsThere() {
        while isInputOpen, connection.wantsInput {
            var event = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, 0) == 1 else { return }
            readInput()
        }
    }

    private mutating func readInput() {
        let count = read(input, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count > 0 else {
            isInputOpen = false
            return connection.inputEnded()
        }
        connection.receive(Array(buffer[..<count]))
    }
}
