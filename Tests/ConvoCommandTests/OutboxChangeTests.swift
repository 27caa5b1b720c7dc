import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoTerminal
import Foundation
import TestFolders
import Testing

@testable import ConvoCommand
@testable import ConvoStore

@Suite struct `Several writes` {
    let store: Store
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.path + "/convo.db")
    }

    private func start(_ text: String, refused: Bool = false) throws -> QueuedWrite {
        var request = StartRequest(inputs: .text(text))
        request.model = "m"
        let write = try store.start(request)
        if refused {
            try store.markStopped(
                write.operation, from: .queued, as: .refused, reason: .init(code: "http_400", message: "no"))
        }
        return write
    }

    private func retry(_ selection: String...) throws -> OutboxChange {
        OutboxChange(of: try OutboxSelection.parse(selection).writes(in: store), in: store) { id throws(StoreError) in
            try store.retry(id)
            return [id]
        }
    }

    private func cancel(_ selection: String...) throws -> OutboxChange {
        OutboxChange(of: try OutboxSelection.parse(selection).writes(in: store), in: store) { id throws(StoreError) in
            try store.cancel(id)
        }
    }

    private func state(_ write: QueuedWrite) throws -> OperationState {
        try store.operation(matching: write.operation.rawValue).state
    }

    @Test func `are retried by their ids, and one that can't be keeps no other`() throws {
        let (one, two) = (try start("one", refused: true), try start("two", refused: true))
        let change = try retry(one.operation.rawValue, "nothing", two.operation.rawValue)
        #expect(try state(one) == .queued)
        #expect(try state(two) == .queued)
        #expect(change.failure?.code == "no_such_operation")
        #expect(change.json.elements.count == 3)
        #expect(change.json.elements[1]["error"]?["code"]?.string == "no_such_operation")
        #expect(change.json.elements[1]["id"]?.string == "nothing")
        #expect(change.lines.count == 3)
    }

    @Test func `are retried all, and those first that others wait for`() throws {
        let one = try start("one")
        let waiting = try store.append(AppendRequest(inputs: .text("more")), to: one.conversation)
        try store.markStopped(
            one.operation, from: .queued, as: .refused, reason: .init(code: "http_400", message: "no"))
        #expect(try state(waiting) == .held)
        let change = try retry("--all")
        #expect(change.failure == nil)
        #expect(try state(one) == .queued)
        #expect(try state(waiting) == .queued)
    }

    @Test func `are chosen by their state`() throws {
        let (queued, refused) = (try start("one"), try start("two", refused: true))
        let change = try cancel("--state", "refused", "--state", "held")
        #expect(try state(queued) == .queued)
        #expect(try state(refused) == .cancelled)
        #expect(change.lines == ["\(refused.operation.rawValue.dropFirst(3).prefix(4)) is cancelled."])
    }

    @Test func `are cancelled all, each once, but for what is in doubt`() throws {
        let one = try start("one")
        let behind = try store.append(AppendRequest(inputs: .text("more")), to: one.conversation)
        let sent = try start("sent")
        #expect(try store.markSending(sent.operation, base: nil) != nil)
        try store.recoverInterrupted()
        let change = try cancel("--all")
        #expect(try state(one) == .cancelled)
        #expect(try state(behind) == .cancelled)
        #expect(try state(sent) == .inDoubt)
        #expect(change.failure?.code == "wrong_state")
        #expect(change.outcomes.count == 3)
    }

    @Test func `may be none`() throws {
        let change = try retry("--all")
        #expect(change.failure == nil)
        #expect(change.json.text == "[]")
        #expect(!change.lines.isEmpty)
    }

    @Test(arguments: [[], ["a", "--all"], ["--all", "--state", "held"], ["--state", "delivered"]])
    func `are chosen in one way`(arguments: [String]) {
        #expect(throws: (any Error).self) { try OutboxSelection.parse(arguments) }
    }
}
