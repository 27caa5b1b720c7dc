import Convo

/// A chat: what you type is kept at once and sent when that can be done; what anybody writes is shown as it comes.
@main struct Chat {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let convo = try await Convo(
            at: arguments.count > 1 ? arguments[1] : "chats.db",
            server: arguments.count > 2 ? arguments[2] : MistralAPI.defaultURL,
            credentials: .environment("MISTRAL_API_KEY"))
        Task.detached { try await convo.run() }  // readLine() keeps the main actor
        var conversation: LocalID?
        while let line = readLine() {
            if let conversation {
                try await convo.append(line, to: conversation)
            } else {
                conversation = try await convo.start(line, model: "mistral-medium-latest").conversation
            }
        }
        convo.close()
    }
}
