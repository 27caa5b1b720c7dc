import Foundation
import Testing

@Suite struct `What people call things` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    private func outcome(_ arguments: [String]) async throws -> Program.Outcome {
        try await Program.start("convo", arguments, environment: user.variables, in: user.folder).end()
    }

    private func convo(_ arguments: String...) async throws -> String {
        let outcome = try await outcome(arguments)
        #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    @Test func `are references that every verb takes`() async throws {
        let id = try await convo("start", "-q", "Guten Morgen, 京都", "--model", "m")
        #expect(id.count == 16)
        let reference = String(id.prefix(4))
        let row = try await convo("list").split(separator: "\n").last.map(String.init)
        #expect(row?.hasPrefix("\(reference)  Guten Morgen, 京都") == true)
        let write = try await convo("append", "@", "-q", "more")
        #expect(write.hasPrefix("op_"))
        #expect(try await convo("outbox", "show", String(write.dropFirst(3).prefix(6))).contains(write))
        #expect(try await convo("append", "-", "again").hasPrefix("\(reference) queued as "))
        #expect(try await convo("tree", reference).split(separator: "\n").count == 4)
        #expect(try await convo("search", "京都").contains("\(reference)  Guten Morgen, 京都  user · "))
        #expect(try await convo("outbox", "cancel", "-q", String(write.dropFirst(3).prefix(6))) == write)
        #expect(try await convo("delete", reference, "--remote", "-q") == "")
    }

    @Test func `are offered where none is meant`() async throws {
        let id = try await convo("start", "-q", "Guten Morgen", "--model", "m", "--name", "Budget")
        let wrong = "~" + id.prefix(5).dropFirst()
        let outcome = try await user.convo("history", String(wrong))
        #expect(outcome.exitCode == 66)
        #expect(outcome.errors.contains("Did you mean \(id.prefix(4)) (Budget)?"))
    }

    @Test func `are rows in each form`() async throws {
        let id = try await convo("start", "-q", "tab\there", "--model", "m")
        for list in [["list"], ["outbox"], ["search", "tab"]] {
            let lines = try await outcome(list + ["-o", "jsonl"]).output.split(separator: "\n")
            #expect(lines.count == 1)
            let row = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
            #expect(row?.values.contains { $0 as? String == id } == true)
            let table = try await outcome(list + ["--output", "tsv"]).output.split(separator: "\n").map {
                $0.split(separator: "\t", omittingEmptySubsequences: false)
            }
            #expect(table.count == 2 && table[0].count == table[1].count && table[1].contains { $0 == id })
            #expect(Set(table[0].map(String.init)) == Set((row ?? [:]).keys), "a column for each member")
        }
        let files = try await outcome(["files", "list", "-o", "tsv"]).output
        #expect(files.hasPrefix("id\tconversation_id\t") && files.split(separator: "\n").count == 1)
        #expect(try await convo("list", "-o", "json") == convo("list", "--json"))
        let failure = try await outcome(["list", "--since", "tomorow", "-o", "jsonl"])
        #expect(failure.exitCode == 64 && failure.errors.hasPrefix(#"{"error":"#))
    }
}
