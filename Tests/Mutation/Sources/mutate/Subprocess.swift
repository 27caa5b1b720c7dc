import Foundation
import Glibc
import Synchronization

/// A program that is run until it ends or is stopped.
struct Subprocess {
    struct Limits: Sendable {
        var seconds = 3600.0
        /// The most processor time, in seconds; the kernel ends a process that takes more.
        var processorSeconds: Int?
        /// The most address space, in KiB: a mutant may allocate memory without end.
        var kilobytes: Int?
    }

    struct Result: Sendable {
        /// The exit code; `nil` if a signal ended the program, also where it was stopped or timed out.
        let exitCode: Int32?
        let isStopped: Bool
        let isTimedOut: Bool
        let processorSeconds: Double
        let lines: [String]

        var isSuccess: Bool { exitCode == 0 }
    }

    struct LaunchError: Error, CustomStringConvertible {
        let program: String
        let code: Int32
        var description: String { "\(program) cannot be started: \(String(cString: strerror(code)))" }
    }

    /// The exit code of a shell that does not find the program.
    private static let notFound: Int32 = 127

    /// Runs a program, and blocks until it ends.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - folder: the working directory; `nil` for the caller's.
    ///   - environment: variables to set in addition to the caller's.
    ///   - limits: the limits of time and memory.
    ///   - stopAt: called with each line that the program prints; if it returns `true`, the program is killed.
    /// - Returns: how the program ended, and what it printed.
    /// - Throws: ``LaunchError`` if the program cannot be started.
    static func run(
        _ command: [String], in folder: String? = nil, environment: [String: String] = [:], limits: Limits = Limits(),
        stopAt: (String) -> Bool = { _ in false }
    ) throws(LaunchError) -> Result {
        var script = "ulimit -c 0; "
        if let seconds = limits.processorSeconds { script += "ulimit -t \(seconds); " }
        if let kilobytes = limits.kilobytes { script += "ulimit -v \(kilobytes); " }
        if folder != nil { script += "cd \"$0\" && " }
        script += "exec \"$@\""
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (process, output) = try spawn(
            ["/bin/sh", "-c", script, folder ?? "sh"] + command, all.map { "\($0)=\($1)" }.sorted())
        var reader = LineReader(output, until: Date(timeIntervalSinceNow: limits.seconds))
        var lines: [String] = []
        var isStopped = false
        while !isStopped, let line = reader.next() {
            lines.append(line)
            isStopped = stopAt(line)
        }
        if isStopped || reader.isTimedOut { kill(-process, SIGKILL) }
        close(output)
        var (status, usage) = (Int32(0), rusage())
        while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
        let processorSeconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
        let exitCode = status & 0x7f == 0 ? (status >> 8) & 0xff : nil
        if exitCode == Subprocess.notFound { throw LaunchError(program: command[0], code: ENOENT) }
        return Result(
            exitCode: exitCode, isStopped: isStopped,
            isTimedOut: reader.isTimedOut, processorSeconds: processorSeconds, lines: lines)
    }

    /// Starts the program in a process group of its own, so that the processes that it starts can be killed with it.
    private static func spawn(
        _ command: [String], _ environment: [String]
    ) throws(LaunchError) -> (process: pid_t, output: Int32) {
        // Under a lock, so that a program that another strand starts in between does not inherit the pipe.
        try spawning.withLock { _ throws(LaunchError) in try spawnAlone(command, environment) }
    }

    private static let spawning = Mutex(())

    private static func spawnAlone(
        _ command: [String], _ environment: [String]
    ) throws(LaunchError) -> (process: pid_t, output: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LaunchError(program: command[0], code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process = pid_t()
        let code = posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw LaunchError(program: command[0], code: code)
        }
        return (process, ends[0])
    }
}

/// The lines that come from a file descriptor until a deadline.
private struct LineReader {
    private let descriptor: Int32
    private let deadline: Date
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    private(set) var isTimedOut = false

    init(_ descriptor: Int32, until deadline: Date) { (self.descriptor, self.deadline) = (descriptor, deadline) }

    mutating func next() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            if isAtEnd || isTimedOut {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : String(decoding: buffer, as: UTF8.self)
            }
            read()
        }
    }

    private mutating func read() {
        let left = deadline.timeIntervalSinceNow
        guard left > 0 else { return isTimedOut = true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(min(left * 1000 + 1, 1e9))) > 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count > 0 { buffer += chunk[..<count] } else { isAtEnd = count == 0 || errno != EINTR }
    }
}
