import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoTerminal
import Foundation
import TestFolders
import Testing

@testable import ConvoCommand
@testable import ConvoStore

@Suite struct `A conversation that a person means` {
    let store: Store
    private let folder: TemporaryFolder
    private var lookup: ConversationLookup { ConversationLookup(store: store) }

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.path + "/convo.db")
    }

    private func start(_ text: String, named name: String? = nil) throws -> QueuedWrite {
        var request = StartRequest(inputs: .text(text))
        (request.model, request.name) = ("m", name)
        return try store.start(request)
    }

    private func failure(_ work: () throws -> Void) throws -> CLIError {
        do {
            try work()
        } catch { return try #require(CLIError(error)) }
        Issue.record("nothing was thrown")
        return CLIError(.internal, code: "", message: "")
    }

    @Test func `is called by its reference, also with the number of an entry behind it`() throws {
        let id = try start("hello").conversation
        let reference = try store.references(of: [id])[id]
        #expect(reference.count == 4)
        #expect(try lookup.conversation(reference) == id)
        #expect(try lookup.conversation(reference.uppercased()) == id)
        #expect(throws: CLIError.self) { try lookup.conversation(reference + "#1") }
    }

    @Test(
        arguments: [
            ("a8p3#12", "a8p3", 12), ("a8p3", "a8p3", nil), ("@#3", "@", 3), ("#12", "#12", nil), ("a#", "a#", nil),
            ("a#-1", "a#-1", nil), ("a#1x", "a#1x", nil), ("a#99999999999999999999", "a#99999999999999999999", nil),
        ] as [(String, String, Int?)])
    func `is taken apart from the number of an entry`(given: String, name: String, number: Int?) {
        let parts = ConversationLookup.parts(of: given)
        #expect(parts.name == name && parts.number == number)
    }

    @Test func `is the last one used where it is called @ or -`() throws {
        #expect(try failure { _ = try lookup.conversation("@") }.code == "no_last_conversation")
        let (one, two) = (try start("one").conversation, try start("two").conversation)
        _ = try lookup.conversation(one.rawValue)
        #expect(try lookup.conversation("@") == one)
        _ = try lookup.conversation(two.rawValue)
        #expect(try lookup.conversation("-") == two)
        _ = try ConversationLookup(store: store, remembers: false).conversation(one.rawValue)
        #expect(try lookup.conversation("@") == two)
        let mode = try FileManager.default.attributesOfItem(atPath: store.path + ".last")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `is the last one of this terminal, or else of all`() throws {
        let (one, two) = (try start("one").conversation, try start("two").conversation)
        let (here, there, new) = (
            LastConversation(of: store.path, session: 1), LastConversation(of: store.path, session: 2),
            LastConversation(of: store.path, session: 3)
        )
        here.note(one)
        there.note(two)
        #expect(here.read() == one && there.read() == two && new.read() == two)
        here.note(one)
        #expect(new.read() == one && there.read() == two)
        for session in 10..<40 { LastConversation(of: store.path, session: session).note(one) }
        #expect(there.read() == one, "too many sessions ago")
    }

    @Test func `is not noted where a verb fails, and is no entry where all of it is meant`() throws {
        let (one, two) = (try start("one").conversation, try start("two").conversation)
        _ = try lookup.conversation(one.rawValue)
        #expect(throws: CLIError.self) { try lookup.conversationAndEntry("\(two)#7") }
        #expect(try failure { _ = try lookup.conversation("\(two)#1") }.code == "names_an_entry")
        #expect(try lookup.conversation("@") == one)
    }

    @Test func `is not one that was deleted since, and a file that makes no sense names none`() throws {
        let write = try start("one")
        _ = try lookup.conversation(write.conversation.rawValue)
        _ = try store.cancel(write.operation)
        let gone = try failure { _ = try lookup.conversation("@") }
        #expect(gone.code == "no_such_conversation" && gone.exitCode == .notFound)
        for content in ["", "\n", write.conversation.rawValue, "a\nb\n", String(repeating: "x", count: 5000) + "\n"] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: store.path + ".last"))
            #expect(try failure { _ = try lookup.conversation("@") }.code == "no_last_conversation", "\(content)")
        }
    }

    @Test func `where there is none, others are offered that are called nearly so`() throws {
        let id = try start("hello", named: "Budget\u{1B}[1m for 2026").conversation
        let near = try failure { _ = try lookup.conversation("~" + id.rawValue.prefix(5).dropFirst()) }
        #expect(near.code == "no_such_conversation")
        #expect(near.hint?.hasPrefix("Did you mean \(id.rawValue.prefix(4)) (Budget") == true)
        #expect(try failure { _ = try lookup.conversation("budget") }.hint?.contains("Did you mean") == true)
        #expect(try failure { _ = try lookup.conversation("frobnicate") }.hint?.contains("Did you mean") == false)
    }

    @Test func `where there are several, all are named with their titles`() throws {
        let ids = try (0..<40).map { try start("text \($0)").conversation.rawValue }
        let (beginning, fitting) = try #require(
            Dictionary(grouping: ids) { $0.prefix(1) }.first { $0.value.count > 1 })
        let failure = try failure { _ = try lookup.conversation(String(beginning)) }
        #expect(failure.code == "ambiguous_conversation" && failure.exitCode == .usage)
        for id in fitting.prefix(10) { #expect(failure.message.contains("\(id.prefix(4))")) }
        #expect(failure.message.contains("(text "))
    }

    @Test func `says which numbers its entries have`() throws {
        let id = try start("hello").conversation
        let failure = try failure { _ = try lookup.entry("#3", in: id) }
        #expect(failure.code == "no_such_entry" && failure.message.contains("has no entry #3"))
        #expect(failure.hint?.contains("none yet") == true)
        #expect(throws: StoreError.self) { try lookup.entry("msg_", in: id) }
        #expect(throws: StoreError.self) { try lookup.entry("", in: id) }
    }

    @Test func `has entries that are called by their numbers`() throws {
        let house = try Household()
        let (lookup, id) = (ConversationLookup(store: house.store), house.parent)
        let reference = try house.store.references(of: [id])[id]
        #expect(try lookup.conversationAndEntry(reference + "#2").entry?.rawValue == "m0.2")
        #expect(try lookup.conversationAndEntry("@").entry == nil)
        for name in ["#1", "1", "m0.1"] { #expect(try lookup.entry(name, in: id).rawValue == "m0.1") }
        #expect(try failure { _ = try lookup.entry("m0", in: id) }.code == "ambiguous_entry")
        #expect(try failure { _ = try lookup.entry("#3", in: id) }.hint == "Its entries are #1 to #2.")
        #expect(try failure { _ = try lookup.entry("0", in: id) }.code == "no_such_entry")
    }

    @Test func `has writes that are called by their references`() throws {
        let write = try start("hello").operation
        let reference = try store.references(of: [], [write])[write]
        #expect(reference.count == 4 && write.rawValue.hasPrefix("op_" + reference))
        #expect(try store.write(reference).id == write)
        #expect(try store.write(write.rawValue).id == write)
        let near = try failure { _ = try store.write("~" + write.rawValue.dropFirst(4).prefix(4)) }
        #expect(near.hint?.contains("Did you mean \(reference) (start, ") == true)
    }
}
