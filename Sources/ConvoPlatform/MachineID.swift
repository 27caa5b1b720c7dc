import CPosix

/// What tells this machine from another one.
package enum MachineID {
    /// The machine's id, in 32 hexadecimal digits; it must not be shown or stored as it is (machine-id(5)).
    ///
    /// `nil` where the system has none, or keeps it from programs: Android, Apple's phones and tablets, and a Linux
    /// without `/etc/machine-id`.
    package static func read() -> String? {
        #if os(macOS)
        var bytes = [UInt8](repeating: 0, count: 16)
        var patience = timespec(tv_sec: 1, tv_nsec: 0)
        guard gethostuuid(&bytes, &patience) == 0 else { return nil }
        let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return digits.joined()
        #elseif os(Linux)
        let file = open("/etc/machine-id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = ConvoPlatform.read(file, &bytes, bytes.count)
        let id = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).prefix { $0 != "\n" }
        return id.count == 32 ? String(id) : nil
        #else
        return nil
        #endif
    }
}

/// What tells a file system from another one.
package enum FileSystemID {
    /// The id of the file system that holds a file, the same at each start of the machine.
    ///
    /// `nil` where the system has none, or gives the number of the device, which may be another one after the next start: Darwin does,
    /// and Linux for XFS, F2FS and FAT.
    package static func read(of path: String) -> UInt64? {
        #if os(Linux) || os(Android)
        return lasting(convo_file_system_id(path), device: convo_device_number(path))
        #else
        return nil
        #endif
    }

    /// The id, unless it is none or the device's number.
    package static func lasting(_ id: UInt64, device: UInt64) -> UInt64? { id == 0 || id == device ? nil : id }
}
