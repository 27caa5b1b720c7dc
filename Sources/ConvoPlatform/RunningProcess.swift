import CPosix

/// What the operating system tells about a process of this machine.
package struct RunningProcess: Sendable, Hashable {
    /// Whether the process is stopped by a signal or a debugger, so that it does nothing.
    package let isStopped: Bool
    /// Whether the program's file was replaced or removed since the process started.
    package let isReplaced: Bool

    /// Makes a process of known parts, as a test does.
    package init(isStopped: Bool, isReplaced: Bool) { (self.isStopped, self.isReplaced) = (isStopped, isReplaced) }

    /// Looks at a process; `nil` where there is none of this id, or the system does not tell.
    ///
    /// - Parameter id: the process id.
    package init?(id: Int32) {
        #if os(Linux) || os(Android)
        // "1234 (name) S …": a name may hold spaces and parentheses (proc(5)), so the state follows the last one.
        guard let text = RunningProcess.read("/proc/\(id)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let state = text[text.index(after: end)...].first { $0 != " " }
        guard let state, state != "Z", state != "X" else { return nil }
        isStopped = state == "T" || state == "t"
        isReplaced = RunningProcess.link("/proc/\(id)/exe")?.hasSuffix(" (deleted)") ?? false
        #else
        guard kill(id, 0) == 0 || errno == EPERM else { return nil }
        (isStopped, isReplaced) = (false, false)
        #endif
    }

    #if os(Linux) || os(Android)
    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = ConvoPlatform.read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    private static func link(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
    #endif
}
