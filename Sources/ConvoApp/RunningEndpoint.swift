package import ConvoIPC
import ConvoPlatform

/// Where a running convod offers its endpoint: a note in a file beside the database, for `convo endpoint`.
package struct RunningEndpoint: Sendable, Hashable {
    /// The address at which it listens.
    package let address: LocalAddress

    private static func path(_ database: String) -> String { DatabaseFile.canonicalPath(of: database) + ".endpoint" }

    /// Notes the address of this process's endpoint.
    ///
    /// - Parameters:
    ///   - address: where it listens.
    ///   - database: the path of the database.
    /// - Throws: ``ConfigurationError`` if the file cannot be written.
    package static func note(_ address: LocalAddress, beside database: String) throws(ConfigurationError) {
        try SmallFile.write("\(address)\n\(getpid())\n", to: path(database))
    }

    /// Removes the note.
    package static func forget(beside database: String) { unlink(path(database)) }

    /// Finds the endpoint of a running convod; `nil` if there is none.
    ///
    /// - Parameter database: the path of the database.
    package init?(beside database: String) {
        guard let file = try? SmallFile.read(RunningEndpoint.path(database)) else { return nil }
        let lines = file.text.split(separator: "\n")
        // A note that a killed convod has left behind names a process that does not hold the daemon's lock.
        guard lines.count == 2, let address = LocalAddress(String(lines[0])), let process = Int32(lines[1]),
            FileLock.holder(of: .daemon, beside: DatabaseFile.canonicalPath(of: database))?.process == process
        else { return nil }
        self.address = address
    }
}
