import CPosix

// A program that another one starts: posix_spawn(3), whose types are values on some systems and pointers on others. No shell
// reads the arguments.

/// A program that is run to its end, with what it prints.
package enum ChildProcess {
    /// How a program ended, and what it printed.
    package struct Outcome: Sendable, Hashable {
        /// The exit status; 128 and the signal's number where a signal ended it.
        package let exitCode: Int32
        /// Standard output, cut to ``outputLimit``.
        package let output: String
        /// Standard error, cut to ``outputLimit``.
        package let errors: String

        /// Creates an outcome, as tests give it.
        package init(exitCode: Int32, output: String = "", errors: String = "") {
            self.exitCode = exitCode
            self.output = output
            self.errors = errors
        }
    }

    /// Why a program was not run to its end.
    package enum Failure: Error, Sendable, Hashable {
        /// It can't be started: `ENOENT` where there is none of that name.
        case notStarted(code: Int32)
        /// It took longer than it may, and was ended.
        case tookTooLong
    }

    /// The number of bytes that are kept of each stream.
    package static let outputLimit = 1 << 20

    /// The environment variables that no program inherits which ``run(_:_:within:)`` starts; ConvoApp, which names the key's, stands above
    /// this target.
    private static let secrets = ["MISTRAL_API_KEY"]

    /// Runs a program; blocks until it ends.
    ///
    /// It gets the environment of this process without the variables that are secret, reads nothing, and is ended by `SIGPIPE` as
    /// programs are, although this process may ignore it.
    ///
    /// - Parameters:
    ///   - name: a path, or a name that is looked for in `PATH`.
    ///   - arguments: what it is given behind its name; no shell reads them.
    ///   - seconds: how long it may take.
    /// - Returns: the outcome, whatever the exit status.
    /// - Throws: ``Failure``.
    package static func run(
        _ name: String, _ arguments: [String], within seconds: Int = 60
    ) throws(Failure) -> Outcome {
        var output: [Int32] = [-1, -1]
        var errors: [Int32] = [-1, -1]
        guard pipe(&output) == 0 else { throw .notStarted(code: errno) }
        guard pipe(&errors) == 0 else {
            let code = errno
            output.forEach { close($0) }
            throw .notStarted(code: code)
        }
        for descriptor in output + errors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var process: pid_t = 0
        let code = spawn(&process, name, arguments, output: output[1], errors: errors[1])
        close(output[1])
        close(errors[1])
        defer {
            close(output[0])
            close(errors[0])
        }
        guard code == 0 else { throw .notStarted(code: code) }
        let collected = collect(from: [output[0], errors[0]], within: seconds)
        if collected == nil { kill(process, SIGKILL) }
        let status = wait(for: process)
        guard let collected else { throw .tookTooLong }
        return Outcome(
            exitCode: exitCode(of: status), output: String(decoding: collected[0], as: UTF8.self),
            errors: String(decoding: collected[1], as: UTF8.self))
    }

    /// Puts a program in the place of this process.
    ///
    /// - Parameters:
    ///   - name: a path, or a name that is looked for in `PATH`.
    ///   - arguments: what it is given behind its name.
    /// - Returns: `errno`, where it can't be started; does not return otherwise.
    package static func replace(by name: String, _ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_DFL)
        return withArguments([name] + arguments) { pointers in
            execvp(name, &pointers)
            return errno
        }
    }

    private static func spawn(
        _ process: inout pid_t, _ name: String, _ arguments: [String], output: Int32, errors: Int32
    ) -> Int32 {
        #if canImport(Glibc)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #elseif canImport(Musl)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #else
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        return withArguments([name] + arguments) { words in
            withArguments(environment()) { posix_spawnp(&process, name, &actions, &attributes, &words, &$0) }
        }
    }

    /// The environment of this process, without what is secret.
    private static func environment() -> [String] {
        var variables: [String] = []
        var next = convo_environment()
        while let variable = next?.pointee {
            let text = String(cString: variable)
            if !secrets.contains(where: { text.hasPrefix("\($0)=") }) { variables.append(text) }
            next = next?.advanced(by: 1)
        }
        return variables
    }

    private static func withArguments<Value>(
        _ words: [String], _ use: (inout [UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let words = pointers
        defer { words.forEach { free($0) } }
        return use(&pointers)
    }

    /// Reads all streams to their ends; `nil` where the time is over before.
    private static func collect(from descriptors: [Int32], within seconds: Int) -> [[UInt8]]? {
        var texts = [[UInt8]](repeating: [], count: descriptors.count)
        var isOpen = [Bool](repeating: true, count: descriptors.count)
        var buffer = [UInt8](repeating: 0, count: 16384)
        let deadline = milliseconds() + seconds * 1000
        while isOpen.contains(true) {
            let left = deadline - milliseconds()
            guard left > 0 else { return nil }
            var polled = descriptors.indices.map {
                pollfd(fd: isOpen[$0] ? descriptors[$0] : -1, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&polled, nfds_t(polled.count), Int32(min(left, Int(Int32.max)))) >= 0 || errno == EINTR else {
                return nil
            }
            for index in descriptors.indices where polled[index].revents != 0 {
                let count = read(descriptors[index], &buffer, buffer.count)
                if count <= 0 {
                    isOpen[index] = count < 0 && errno == EINTR
                } else if texts[index].count < outputLimit {
                    texts[index] += buffer.prefix(count)
                }
            }
        }
        return texts
    }

    private static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private static func exitCode(of status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
    }
}

/// This process's own program.
package enum OwnProgram {
    /// The absolute path of its file, without symbolic links; `nil` where the system does not tell.
    package static var path: String? {
        #if canImport(Darwin)
        var size: UInt32 = 4096
        var buffer = [CChar](repeating: 0, count: Int(size))
        guard _NSGetExecutablePath(&buffer, &size) == 0 else { return nil }
        let name = String(cString: buffer)
        #else
        let name = "/proc/self/exe"
        #endif
        guard let resolved = realpath(name, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// A user of the system, as its database of users has it.
package struct SystemUser: Sendable, Hashable {
    /// The login name.
    package let name: String
    /// The number.
    package let id: UInt32
    /// The absolute path of the home folder.
    package let home: String

    /// Looks a user up; `nil` where there is none of that name.
    package init?(named name: String) {
        guard let entry = getpwnam(name) else { return nil }
        self.init(entry.pointee)
    }

    /// Looks a user up by the number; `nil` where there is none.
    package init?(id: UInt32) {
        guard let entry = getpwuid(id) else { return nil }
        self.init(entry.pointee)
    }

    private init?(_ entry: passwd) {
        guard let name = entry.pw_name, let home = entry.pw_dir else { return nil }
        self.name = String(cString: name)
        self.home = String(cString: home)
        id = entry.pw_uid
    }
}
