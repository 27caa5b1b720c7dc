import ConvoJSON
import ConvoModel
import ConvoTerminal
import Foundation
import Testing

@testable import ConvoCommand
@testable import ConvoStore

/// What verbs print for people, compared with files in `Tests/Fixtures/layouts` that were looked at.
///
/// `CONVO_RECORD_LAYOUTS=1` writes the files anew.
@Suite struct `What a terminal shows` {
    private static let widths: [Int?] = [40, 80, 200, nil]

    private func style(_ width: Int?) -> OutputStyle {
        OutputStyle(ansi: .plain, width: width, times: OutputStyle.plain.times)
    }

    private func check(_ lines: [String], _ name: String, _ width: Int?) throws {
        for line in lines {
            #expect(line.columns <= width ?? .max, "\(line)")
            #expect(line.sanitised(.line) == line)
        }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/layouts/\(name)-\(width.map(String.init) ?? "pipe").txt")
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["CONVO_RECORD_LAYOUTS"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test(arguments: widths)
    func `is a list`(width: Int?) throws {
        let (store, style) = (try Household().store, style(width))
        var table = StoredConversation.table(sortedBy: .activity)
        let conversations = try store.conversations()
        let references = try store.references(
            of: conversations.map(\.id) + conversations.compactMap(\.parent?.conversation))
        for conversation in conversations { table.add(conversation.cells(style, references, sortedBy: .activity)) }
        try check(table.lines(width: width, ansi: .plain), "list", width)
    }

    @Test(arguments: widths)
    func `is an outbox`(width: Int?) throws {
        let (store, style) = (try Household().store, style(width))
        let items = try store.outbox()
        let names = try Names(of: items.map(\.conversation), writes: items.map(\.id), in: store)
        try check(OutboxItem.table(items, style, names), "outbox", width)
    }

    @Test(arguments: widths)
    func `is a tree`(width: Int?) throws {
        let house = try Household()
        let layout = try TreeLayout(of: house.store.tree(of: house.parent), in: house.store)
        try check(layout.lines(marking: house.parent, style(width)), "tree", width)
    }

    @Test(arguments: widths)
    func `are the hits of a search`(width: Int?) throws {
        let (store, style) = (try Household().store, style(width))
        let results = try store.search("budget on:2026-09", limit: 50, order: .date)
        try check(try SearchLayout(of: results, in: store).lines(style), "search", width)
        let pending = try store.search("budget is:pending", limit: 50, order: .date)
        try check(try SearchLayout(of: pending, in: store).lines(style), "search-pending", width)
    }

    @Test(arguments: [40, 80, 200])
    func `is a tree of any depth`(width: Int) throws {
        let house = try Household()
        let root = try house.store.conversation(matching: house.parent.rawValue)
        var tree = BranchTree(conversation: root, branches: [])
        for _ in 0..<150 {
            tree = BranchTree(conversation: root, branches: [tree, BranchTree(conversation: root, branches: [])])
        }
        let layout = TreeLayout(
            tree: tree, references: try house.store.references(of: [house.parent]), numbers: [:],
            pending: [:])
        let lines = layout.lines(marking: house.parent, style(width))
        #expect(lines.count == 301)
        for line in lines { #expect(line.columns <= width && line.contains("Haus"), "\(line)") }
    }

    @Test func `has no colours where there are none`() throws {
        let house = try Household()
        let coloured = OutputStyle(ansi: .coloured, width: 80, times: OutputStyle.plain.times)
        let layout = try SearchLayout(of: house.store.search("budget"), in: house.store)
        #expect(layout.lines(coloured).joined().contains("\u{1B}[1m"))
        #expect(!layout.lines(style(80)).joined().contains("\u{1B}"))
    }
}
