import Foundation
import Mutation

/// Why the mutants cannot be built or run.
struct WorkspaceError: Error, CustomStringConvertible { let description: String }

/// The copy of the repository in which the mutants are built.
struct Workspace {
    let repository: URL
    let folder: URL
    let tree: URL
    /// The paths of the tracked files, and of new ones that git does not ignore, from the repository's root.
    let tracked: [String]

    init(repository: URL) throws {
        self.repository = repository
        folder = repository.appending(path: ".build-mutate")
        tree = folder.appending(path: "tree")
        let listed = try Subprocess.run(
            ["/usr/bin/env", "git", "ls-files", "--cached", "--others", "--exclude-standard"], in: repository.path)
        guard listed.isSuccess else { throw WorkspaceError(description: listed.lines.joined(separator: "\n")) }
        tracked = listed.lines.filter { FileManager.default.fileExists(atPath: repository.appending(path: $0).path) }
        guard tracked.contains("Package.swift") else {
            throw WorkspaceError(description: "run it at the root of the repository: there is no Package.swift here")
        }
    }

    /// The files that `files.txt` names and the options allow.
    func mutableFiles(_ options: Options) throws -> [String] {
        let patterns = try read("Tests/Mutation/files.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
        return tracked.sorted().filter { path in
            let last = patterns.last { fnmatch($0.hasPrefix("!") ? String($0.dropFirst()) : String($0), path, 0) == 0 }
            guard let last, !last.hasPrefix("!") else { return false }
            return options.files.isEmpty || options.files.contains { path.contains($0) }
        }
    }

    func read(_ path: String) throws -> String {
        try String(contentsOf: repository.appending(path: path), encoding: .utf8)
    }

    /// Makes the copy equal to the repository, except for the files in `changed`.
    ///
    /// A file that is the same already is not written, so that it is not built again.
    func copy(changed: [String: String]) throws {
        let wanted = Set(tracked).union(changed.keys)
        let skipped = [".build", "Package.resolved"]
        for path in FileManager.default.enumerator(atPath: tree.path)?.compactMap({ $0 as? String }) ?? []
        where !wanted.contains(path) && !skipped.contains(where: path.hasPrefix) {
            var isFolder = ObjCBool(false)
            let file = tree.appending(path: path).path
            if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue {
                try FileManager.default.removeItem(atPath: file)
            }
        }
        for path in wanted {
            let (source, target) = (repository.appending(path: path), tree.appending(path: path))
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            // Only a link has a destination.
            if let destination = try? FileManager.default.destinationOfSymbolicLink(atPath: source.path) {
                if (try? FileManager.default.destinationOfSymbolicLink(atPath: target.path)) == destination { continue }
                try FileManager.default.createSymbolicLink(atPath: target.path, withDestinationPath: destination)
                continue
            }
            let data = try changed[path].map { Data($0.utf8) } ?? Data(contentsOf: source)
            if (try? Data(contentsOf: target)) == data { continue }
            try data.write(to: target)
        }
    }
}
