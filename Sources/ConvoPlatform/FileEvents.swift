/// The kernel's notices of changes to a file, as far as the system has inotify(7).
package enum FileEvents {
    /// Makes a source of notices, which the caller closes.
    ///
    /// - Returns: a descriptor that can be read when there is a notice, and never blocks; negative where the system has no
    ///   inotify, or the user none left.
    package static func makeSource() -> Int32 {
        #if os(Linux) || os(Android)
        inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        #else
        -1
        #endif
    }

    /// Asks for a notice of each change to a file, to its attributes and to its name.
    ///
    /// - Returns: the watch; negative where there is none.
    package static func watch(_ path: String, with source: Int32) -> Int32 {
        #if os(Linux) || os(Android)
        let events = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF
        return inotify_add_watch(source, path, UInt32(events))
        #else
        return -1
        #endif
    }

    /// Takes all notices that have come.
    ///
    /// - Returns: the watches that have ended, because the file was removed or the watch was ended.
    package static func takeNotices(from source: Int32) -> Set<Int32> {
        var ended: Set<Int32> = []
        #if os(Linux) || os(Android)
        let header = MemoryLayout<inotify_event>.size
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            while case let count = read(source, buffer.baseAddress, buffer.count), count >= header {
                var place = 0
                while place + header <= count {
                    let notice = buffer.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                    if notice.mask & UInt32(IN_IGNORED) != 0 { ended.insert(notice.wd) }
                    place += header + Int(notice.len)
                }
            }
        }
        #endif
        return ended
    }

    /// Ends a watch.
    package static func unwatch(_ watch: Int32, with source: Int32) {
        #if os(Linux) || os(Android)
        // A watch is signed in some C libraries, unsigned in others.
        _ = inotify_rm_watch(source, .init(truncatingIfNeeded: watch))
        #endif
    }
}
