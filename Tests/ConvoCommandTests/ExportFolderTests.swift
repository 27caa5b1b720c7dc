import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal
import Foundation
import TestFolders
import Testing

@testable import ConvoCommand

@Suite struct `A folder of exports` {
    private let parent: TemporaryFolder
    private var path: String { parent.file("out") }

    init() throws { parent = try TemporaryFolder() }

    private func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    private func inode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.systemFileNumber] as? Int
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `is the person's own, and so are its files`() throws {
        let folder = try ExportFolder(path)
        #expect(try folder.replace("a.md", with: "a"))
        #expect(try mode(path) == 0o700 && mode("\(path)/a.md") == 0o600)
    }

    @Test func `has a file replaced only if its bytes change, whether its text comes whole or in pieces`() throws {
        let folder = try ExportFolder(path)
        #expect(try folder.replace("a", with: "one two"))
        let before = try inode("a")
        #expect(try !folder.replace("a", with: "one two"))
        #expect(
            try !folder.replace("a") { write in
                for piece in ["one", " ", "two"] { try write(piece) }
            })
        #expect(try inode("a") == before)
        for other in ["one twO", "one two ", "one tw", ""] {
            #expect(try folder.replace("a") { try $0(other) })
            #expect(text("a") == other)
            #expect(try folder.replace("a", with: "one two"))
        }
    }

    @Test func `keeps a file whose text cannot be made`() throws {
        let folder = try ExportFolder(path)
        _ = try folder.replace("a", with: "old")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try folder.replace("a") { write in
                try write("new")
                throw Stop()
            }
        }
        #expect(text("a") == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["a"])
    }

    @Test func `never writes through a link`() throws {
        let folder = try ExportFolder(path)
        let target = try parent.file("target", "precious")
        try FileManager.default.createSymbolicLink(atPath: "\(path)/a", withDestinationPath: target)
        #expect(try folder.replace("a", with: "precious"), "the same text, in another file")
        #expect(try folder.replace("a", with: "mine"))
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious" && text("a") == "mine")
    }

    @Test func `is written by one export at a time`() throws {
        let folder = try ExportFolder(path)
        let error = #expect(throws: CLIError.self) { try ExportFolder(path) }
        #expect(error?.code == "busy" && error?.exitCode == .tryLater)
        _ = try folder.replace("a", with: "a")
    }

    @Test func `has no rest of an export that was killed`() throws {
        do { _ = try ExportFolder(path).replace("a", with: "a") }
        _ = try parent.file("out/.convo-export-7.tmp", "half")
        let folder = try ExportFolder(path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["a"])
        _ = folder
    }

    private static let ours = "---\nid: \"0a8p\"\n---\n"

    private func name(_ id: String, _ format: ExportFormat = .markdown, last: ExportState.File? = nil) throws -> String
    {
        try ExportFolder(path).name(of: LocalID(id), name: "New", in: format, last: last)
    }

    @Test func `keeps the name of a conversation's file`() throws {
        _ = try parent.file("out/0a8p-mine.md", Self.ours)
        _ = try parent.file("out/0a8p-mine.json", "x")
        #expect(try name("0a8p") == "0a8p-mine.md")
        #expect(try name("0a8") == "0a8-new.md")
        #expect(try name("0a8p", .html) == "0a8p-new.html")
        #expect(try name("0a8p", .json) == "0a8p-new.json", "no export wrote the other one")
    }

    @Test func `leaves copies of its files to the person who made them`() throws {
        let (_, last) = try ExportFolder(path).write("0a8p-trip.md", in: .markdown, last: nil) { try $0(Self.ours) }
        #expect(try name("0a8p", last: last) == "0a8p-trip.md")
        _ = try parent.file("out/0a8p-trip (annotated).md", Self.ours + "notes")
        #expect(try name("0a8p", last: last) == "0a8p-trip.md")
        #expect(try name("0a8p") == "0a8p-new.md", "which of the two is the export's cannot be told")
        let usual = try ExportFolder(path).name(of: LocalID("0a8p"), name: "trip", in: .markdown, last: nil)
        #expect(usual == "0a8p-trip.md", "by its name it can")
    }

    @Test func `finds a file that was given another name, and no copy that was changed`() throws {
        let (_, last) = try ExportFolder(path).write("0a8p-trip.md", in: .markdown, last: nil) { try $0(Self.ours) }
        try FileManager.default.moveItem(atPath: "\(path)/0a8p-trip.md", toPath: "\(path)/0a8p-mine.md")
        #expect(try name("0a8p", last: last) == "0a8p-mine.md")
        _ = try parent.file("out/0a8p-mine.md", Self.ours + "notes")
        #expect(try name("0a8p", last: last) == "0a8p-trip.md", "a file that is missing is written again")
        let evil = ExportState.File(name: "../0a8p.md", digest: "1-0")
        #expect(try name("0a8p", last: evil) == "0a8p-mine.md")
    }

    @Test(arguments: ["mine", "---\ntitle: mine\n---\n", "{}"])
    func `never has a file replaced that no export wrote`(own: String) throws {
        for format in ExportFormat.allCases {
            let name = format.isSeparate ? "0a8p-new.\(format.fileExtension)" : format.commonName
            _ = try parent.file("out/\(name)", own)
            let folder = try ExportFolder(path)
            let error = #expect(throws: CLIError.self) {
                try folder.write(name, in: format, last: nil) { try $0("new") }
            }
            #expect(error?.code == "foreign_file" && error?.message.contains(name) == true && error?.hint != nil)
            #expect(throws: CLIError.self) { try folder.write(name, in: format, last: nil) { try $0("new") } }
            #expect(text(name) == own)
            let last = ExportState.File(name: name, digest: TextDigest(own).text)
            #expect(try folder.write(name, in: format, last: last) { try $0("new") }.isWritten, "recorded")
            let (isWritten, file) = try folder.write(
                name, in: format, last: .init(name: name, digest: TextDigest("new").text)
            ) {
                try $0("ne")
                try $0("wer")
            }
            #expect(isWritten && file == .init(name: name, digest: TextDigest("newer").text))
            _ = try parent.file("out/\(name)", "")
            #expect(try folder.write(name, in: format, last: nil) { try $0("new") }.isWritten, "empty")
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/0a8p-link.md", withDestinationPath: try parent.file("target", Self.ours))
        #expect(throws: CLIError.self) {
            try ExportFolder(path).write("0a8p-link.md", in: .markdown, last: nil) { try $0("new") }
        }
    }

    @Test func `has whole copies of files, and makes them in no other folder`() throws {
        let source = try parent.file("source", "bytes")
        let folder = try ExportFolder(path)
        #expect(!folder.hasCopy("files/00ff", of: source))
        try folder.add("files/00ff", from: source)
        #expect(folder.hasCopy("files/00ff", of: source) && text("files/00ff") == "bytes")
        #expect(try mode("\(path)/files") == 0o700 && mode("\(path)/files/00ff") == 0o600)
        for broken in ["", "byte"] {
            _ = try parent.file("out/files/00ff", broken)
            #expect(!folder.hasCopy("files/00ff", of: source))
            try folder.add("files/00ff", from: source)
            #expect(text("files/00ff") == "bytes")
        }
        try FileManager.default.moveItem(atPath: "\(path)/files", toPath: parent.file("outside"))
        try FileManager.default.createSymbolicLink(atPath: "\(path)/files", withDestinationPath: "../outside")
        #expect(!folder.hasCopy("files/00ff", of: source))
        let error = #expect(throws: CLIError.self) { try folder.add("files/11ee", from: source) }
        #expect(error?.code == "output_failed" && error?.message.contains("/files") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent.file("outside")) == ["00ff"])
    }

    @Test func `that is a file is an error with advice`() throws {
        _ = try parent.file("out", "x")
        let error = #expect(throws: CLIError.self) { try ExportFolder(path) }
        #expect(error?.code == "output_failed" && error?.hint != nil && error?.message.contains(path) == true)
    }

    @Test func `remembers what was exported`() throws {
        var state = ExportState()
        state.note("digest", of: LocalID("a"), in: .json)
        try ExportFolder(path).save(state)
        #expect(try ExportFolder(path).state() == state)
        _ = try parent.file("out/\(ExportState.fileName)", "{")
        #expect(try ExportFolder(path).state() == ExportState())
    }
}

@Suite struct `The report of an import` {
    @Test func `says what came, and what did not`() {
        var report = ImportReport()
        for change: ArchiveChange in [
            .new(entries: 3), .new(entries: 0), .updated(entries: 1), .unchanged, .alreadyHere, .labelled, .deletedHere,
        ] {
            report.add(change)
        }
        report.add(failure: CLIError(.badData, code: "damaged_export", message: "No."), in: "a.json")
        #expect(report.count == 7)
        #expect(
            report.json.text
                == #"{"conversations":7,"new":2,"updated":1,"unchanged":1,"already_here":2,"labelled":1,"deleted_here":1,"entries":4,"#
                + #""failed":[{"file":"a.json","code":"damaged_export","message":"No."}]}"#)
        #expect(report.lines[0].hasPrefix("7 conversations: 2 new, 1 brought up to date, 1 unchanged, 1 here already"))
    }
}
