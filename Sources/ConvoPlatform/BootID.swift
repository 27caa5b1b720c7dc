/// The kernel's name for this start of the machine: a UUID in its text form.
package enum BootID {
    /// Asks the kernel.
    ///
    /// `nil` where it does not tell. That is so on a Linux without `/proc`, as in a bare chroot, and for an app on
    /// Android, which may not read that file.
    package static func read() -> String? {
        #if canImport(Darwin)
        let name = "kern.bootsessionuuid"
        var bytes = [UInt8](repeating: 0, count: length + 1)
        var count = bytes.count
        guard sysctlbyname(name, &bytes, &count, nil, 0) == 0, count >= length else { return nil }
        #else
        var bytes = [UInt8](repeating: 0, count: length)
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard ConvoPlatform.read(file, &bytes, bytes.count) == bytes.count else { return nil }
        #endif
        return String(decoding: bytes.prefix(length), as: UTF8.self)
    }

    /// The number of bytes of a UUID's text.
    private static let length = 36
}

/// Clocks that POSIX leaves to the system.
package enum SystemClock {
    /// A clock that nobody sets, and that goes on while the machine sleeps.
    package static var sinceBoot: clockid_t {
        #if canImport(Darwin)
        CLOCK_MONOTONIC
        #else
        CLOCK_BOOTTIME
        #endif
    }
}
