internal import CSQLite

/// A database file that SQLite writes and reads through methods, and that need not lie on a disk as one piece.
///
/// One connection uses it, on one thread.
package protocol VirtualFile: AnyObject {
    /// The length in bytes.
    var size: Int64 { get }

    /// Reads bytes, all of which lie before the end of the file.
    func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int64) throws

    /// Writes bytes; where they begin behind the end, what lies between reads as zeros.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws

    /// Makes the file shorter, or longer by zeros.
    func truncate(to size: Int64) throws
}

/// A file system of SQLite's (sqlite.org/vfs.html) that has one file, a ``VirtualFile``.
///
/// It has no locks, journals or temporary files: its connection must use `journal_mode = OFF`, and a copy that fails
/// half-way is thrown away as a whole.
final class VirtualFileSystem {
    /// What SQLite allocates for the open file: its own part, and the way back to this object.
    private struct Handle {
        var base: sqlite3_file
        var owner: UnsafeMutableRawPointer
    }

    // Swift imports no macro that is computed from another.
    private static let readError = SQLITE_IOERR | (1 << 8)
    private static let shortRead = SQLITE_IOERR | (2 << 8)
    private static let writeError = SQLITE_IOERR | (3 << 8)
    private static let truncateError = SQLITE_IOERR | (6 << 8)

    /// The name of the one file.
    static let fileName = "copy"

    /// The name under which SQLite knows the file system.
    let name: String
    /// The first error that the file threw.
    private(set) var failure: (any Error)?

    private let file: any VirtualFile
    private let system = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    private let nameBytes: UnsafeMutablePointer<CChar>

    /// Registers the file system, until this object is deinitialised; by then its connection must be closed.
    ///
    /// - Throws: ``DatabaseError`` where SQLite refuses it.
    init(_ file: any VirtualFile) throws {
        self.file = file
        // The address is unique as long as the file system is registered.
        name = "convo-\(UInt(bitPattern: system))"
        let bytes = name.utf8CString
        nameBytes = .allocate(capacity: bytes.count)
        nameBytes.initialize(from: Array(bytes), count: bytes.count)
        system.initialize(to: sqlite3_vfs())
        system.pointee.iVersion = 1
        system.pointee.szOsFile = Int32(MemoryLayout<Handle>.size)
        system.pointee.mxPathname = 64
        system.pointee.zName = UnsafePointer(nameBytes)
        system.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        setMethods()
        let code = sqlite3_vfs_register(system, 0)
        guard code == SQLITE_OK else { throw DatabaseError(code: code, message: "no further file system") }
    }

    deinit {
        sqlite3_vfs_unregister(system)
        system.deallocate()
        nameBytes.deallocate()
    }

    private func setMethods() {
        system.pointee.xOpen = { system, _, handle, flags, outFlags in
            guard let system, let handle else { return SQLITE_MISUSE }
            handle.pointee.pMethods = nil
            guard flags & SQLITE_OPEN_MAIN_DB != 0, let owner = system.pointee.pAppData else { return SQLITE_CANTOPEN }
            UnsafeMutableRawPointer(handle).assumingMemoryBound(to: Handle.self).pointee.owner = owner
            handle.pointee.pMethods = VirtualFileSystem.methods
            outFlags?.pointee = flags
            return SQLITE_OK
        }
        system.pointee.xDelete = { _, _, _ in SQLITE_OK }
        system.pointee.xAccess = { _, _, _, exists in
            exists?.pointee = 0
            return SQLITE_OK
        }
        system.pointee.xFullPathname = { _, _, count, path in
            let name = VirtualFileSystem.fileName.utf8CString
            guard let path, name.count <= Int(count) else { return SQLITE_CANTOPEN }
            for (place, byte) in name.enumerated() { path[place] = byte }
            return SQLITE_OK
        }
        system.pointee.xRandomness = { _, _, _ in 0 }
        system.pointee.xSleep = { _, _ in 0 }
        system.pointee.xCurrentTime = { _, time in
            time?.pointee = 0
            return SQLITE_OK
        }
        system.pointee.xGetLastError = { _, _, _ in 0 }
    }

    /// The functions that SQLite calls with an open file.
    ///
    /// `nonisolated(unsafe)`: Swift initialises a static once, whichever thread comes first; nobody writes to the memory after that, and
    /// nobody frees it.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        var methods = sqlite3_io_methods()
        methods.iVersion = 1
        methods.xClose = { _ in SQLITE_OK }
        methods.xRead = { handle, bytes, count, offset in
            VirtualFileSystem.of(handle)?.read(bytes, Int(count), offset) ?? SQLITE_MISUSE
        }
        methods.xWrite = { handle, bytes, count, offset in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: Int(count))
            return VirtualFileSystem.of(handle)?.perform(VirtualFileSystem.writeError) {
                try $0.write(bytes, at: offset)
            }
                ?? SQLITE_MISUSE
        }
        methods.xTruncate = { handle, size in
            VirtualFileSystem.of(handle)?.perform(VirtualFileSystem.truncateError) { try $0.truncate(to: size) }
                ?? SQLITE_MISUSE
        }
        methods.xSync = { _, _ in SQLITE_OK }
        methods.xFileSize = { handle, size in
            guard let system = VirtualFileSystem.of(handle) else { return SQLITE_MISUSE }
            size?.pointee = system.file.size
            return SQLITE_OK
        }
        methods.xLock = { _, _ in SQLITE_OK }
        methods.xUnlock = { _, _ in SQLITE_OK }
        methods.xCheckReservedLock = { _, isReserved in
            isReserved?.pointee = 0
            return SQLITE_OK
        }
        methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        methods.xSectorSize = { _ in 4096 }
        methods.xDeviceCharacteristics = { _ in 0 }
        let kept = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        kept.initialize(to: methods)
        return UnsafePointer(kept)
    }()

    private static func of(_ handle: UnsafeMutablePointer<sqlite3_file>?) -> VirtualFileSystem? {
        // SQLite passes the handle that `xOpen` has filled, and the connection is closed before this object goes.
        guard let handle else { return nil }
        let filled = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: Handle.self)
        return Unmanaged<VirtualFileSystem>.fromOpaque(filled.pointee.owner).takeUnretainedValue()
    }

    /// Reads, and fills with zeros what lies behind the end.
    private func read(_ bytes: UnsafeMutableRawPointer?, _ count: Int, _ offset: Int64) -> Int32 {
        let wanted = UnsafeMutableRawBufferPointer(start: bytes, count: count)
        let held = Int(max(0, min(Int64(count), file.size - offset)))
        let code = perform(VirtualFileSystem.readError) {
            if held > 0 { try $0.read(UnsafeMutableRawBufferPointer(rebasing: wanted[..<held]), at: offset) }
        }
        guard code == SQLITE_OK, held < count else { return code }
        for place in held..<count { wanted[place] = 0 }
        return VirtualFileSystem.shortRead
    }

    private func perform(_ code: Int32, _ work: (any VirtualFile) throws -> Void) -> Int32 {
        do {
            try work(file)
            return SQLITE_OK
        } catch {
            failure = failure ?? error
            return code
        }
    }
}
