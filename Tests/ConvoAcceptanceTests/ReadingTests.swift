import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A conversation that is read` {
    private let user: UserFolder

    init() throws { user = try UserFolder() }

    /// Makes a conversation of three turns; returns its id.
    private func begin() async throws -> String {
        let server = try await user.sandbox()
        let start = try #require(
            try await user.json("start", "say **one**", "--model", "m", "--wait", with: server.variables)
                as? [String: Any])
        let id = try #require(start["id"] as? String)
        for text in ["sandbox:tool two", "# three"] {
            _ = try await user.convo("append", id, text, "--wait", with: server.variables)
        }
        _ = try await user.convo("sync", with: server.variables)
        return id
    }

    private func onTerminal(_ arguments: String..., variables: [String: String] = [:]) async throws -> String {
        let terminal = try #require(Terminal())
        let more = ["TERM": "xterm", "PAGER": "cat"].merging(variables) { $1 }
        let program = try user.start("convo", arguments, more, terminal: terminal)
        #expect(await program.end().exitCode == 0, "\(program.errors)")
        return await terminal.whole()
    }

    @Test func `is rendered on a terminal, numbered by place, and left as it is in a pipe`() async throws {
        let id = try await begin()
        let whole = try await onTerminal("history", id)
        #expect(whole.contains("say \u{1B}[1mone\u{1B}[22m"))
        for number in 1...7 { #expect(whole.contains("#\(number)\u{1B}[22m "), "\(number) in \(whole)") }
        #expect(whole == (try await onTerminal("show", id)))
        let piped = try await user.convo("history", id).output
        #expect(piped.contains("say **one**") && !piped.contains("#1") && !piped.contains("\u{1B}"))
        #expect(piped.contains("tool") && piped.contains("msg_"))
        let raw = try await onTerminal("history", id, "--raw")
        #expect(raw.contains("say **one**") && raw.contains("msg_"))
        #expect(try await user.convo("show", id, "--raw").output == piped)
        #expect(
            try await user.convo("show", id, "--json").output == (try await user.convo("history", id, "--json").output))
    }

    @Test func `keeps its numbers where only a part is shown`() async throws {
        let id = try await begin()
        let whole = try await user.convo("show", id).output
        let heads = whole.split(separator: "\n").filter { $0.hasPrefix("#") }.map { String($0.prefix { $0 != " " }) }
        #expect(heads == (1...heads.count).map { "#\($0)" } && heads.count == 7)
        let tail = try await user.convo("show", id, "--tail", "2").output
        #expect(tail.contains("#6 ") && tail.contains("#7 ") && !tail.contains("#5 ") && !tail.contains("#1 "))
        #expect(try await user.convo("show", id, "--tail", "0").output.contains("#") == false)
        #expect(try await user.convo("show", id, "--since", "1d").output == whole)
        let messages = try await onTerminal("messages", id, "--tail", "3", variables: ["NO_COLOR": "1"])
        #expect(messages.contains("#5 ") && messages.contains("#6 ") && messages.contains("#7 "))
        #expect(!messages.contains("#4 ") && !messages.contains("\u{1B}"))
    }
}
