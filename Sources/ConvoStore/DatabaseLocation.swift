import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoPlatform

/// Where a database file lives: properties that a copy of the file, or a restored backup, does not share with it.
///
/// A property is `nil` where the operating system does not provide it.
package struct DatabaseLocation: Sendable, Hashable {
    /// A digest of the machine's id: machine-id(5) asks that the id itself not be exposed.
    package var machine: String?
    /// The file system's id, and not the device number, which may change at each boot.
    package var fileSystem: UInt64?
    /// The file's inode number, unique within its file system only.
    package var inode: UInt64?
    /// The file's time of birth in nanoseconds since 1970: file systems reuse inode numbers.
    package var createdAt: Int64?

    /// Makes a location of known parts; a simulation uses it in place of the operating system's answer.
    package init(machine: String? = nil, fileSystem: UInt64? = nil, inode: UInt64? = nil, createdAt: Int64? = nil) {
        self.machine = machine
        self.fileSystem = fileSystem
        self.inode = inode
        self.createdAt = createdAt
    }

    /// Asks the operating system where the file with this path lives.
    ///
    /// Never fails: a part that cannot be read, or a file that is missing, leaves `nil`.
    package init(of path: String) {
        self.init(machine: DatabaseLocation.thisMachine)
        fileSystem = FileSystemID.read(of: path)
        createdAt = FileBirth.time(of: path)
        inode = FileIdentity(of: path)?.inode
    }

    /// Whether every part that both locations know is equal.
    func isSame(as other: DatabaseLocation) -> Bool {
        func agree<Part: Equatable>(_ left: Part?, _ right: Part?) -> Bool {
            guard let left, let right else { return true }
            return left == right
        }
        return agree(machine, other.machine) && agree(fileSystem, other.fileSystem) && agree(inode, other.inode)
            && agree(createdAt, other.createdAt)
    }

    private static let thisMachine: String? = MachineID.read().map { KeyDigest.hex(of: $0, salt: "convo.instance") }
}

extension DatabaseLocation {
    /// Numbers are written as strings: a double does not hold every inode number exactly.
    var json: JSONText {
        .object([
            "machine": .string(machine), "file_system": .string(fileSystem.map { String($0) }),
            "inode": .string(inode.map { String($0) }), "created_at": .string(createdAt.map { String($0) }),
        ])
    }

    init(json: JSONText) {
        self.init(
            machine: json["machine"]?.string, fileSystem: json["file_system"]?.string.flatMap { UInt64($0) },
            inode: json["inode"]?.string.flatMap { UInt64($0) },
            createdAt: json["created_at"]?.string.flatMap { Int64($0) })
    }
}
