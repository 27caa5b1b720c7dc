import CPosix

/// The standard output of another program that is run for a short question.
package enum CommandOutput {
    /// The most bytes that are read of an answer.
    private static let sizeLimit = 64 << 10

    /// Runs a program and waits for its end; blocks meanwhile.
    ///
    /// It reads nothing, and its errors are dropped. It does not inherit the variables that are named.
    ///
    /// - Parameters:
    ///   - words: the program's name, which is looked for in `PATH`, and its arguments.
    ///   - secrets: the environment variables that it does not get.
    ///   - milliseconds: the longest time to wait; the program is killed then.
    /// - Returns: what it wrote; `nil` where there is no such program, it took too long, wrote too much, or did not end with 0.
    package static func of(_ words: [String], hiding secrets: [String], milliseconds: Int) -> String? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = start(words, hiding: secrets, output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard let child else { return nil }
        let bytes = read(ends[0], milliseconds: milliseconds)
        if bytes == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let bytes, status == 0 else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func start(_ words: [String], hiding secrets: [String], output: Int32) -> Int32? {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        guard let name = arguments.first ?? nil else { return nil }
        var variables = environment(without: secrets)
        defer { for variable in variables { free(variable) } }
        let process = convo_spawn(name, &arguments, &variables, output)
        return process > 0 ? process : nil
    }

    private static func environment(without secrets: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var kept: [UnsafeMutablePointer<CChar>?] = []
        var next = convo_environment()
        while let variable = next?.pointee {
            let text = String(cString: variable)
            if !secrets.contains(where: { text.hasPrefix("\($0)=") }) { kept.append(strdup(variable)) }
            next = next?.advanced(by: 1)
        }
        return kept + [nil]
    }

    /// All that comes until the other end is closed; `nil` where that takes too long or is too much.
    private static func read(_ descriptor: Int32, milliseconds: Int) -> [UInt8]? {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(milliseconds)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < sizeLimit {
            let left = (end - clock.now) / .milliseconds(1)
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0 else { return nil }
            let ready = poll(&event, 1, Int32(left.rounded(.up)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = ConvoPlatform.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
        }
        return nil
    }
}
