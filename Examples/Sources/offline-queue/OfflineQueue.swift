import Convo

/// Keeps messages while there is no network, and sends each once when there is one.
///
///     offline-queue DATABASE SERVER "a message" …    keeps them
///     offline-queue DATABASE SERVER                  sends what is kept, and says what became of it
@main struct OfflineQueue {
    static func main() async throws {
        guard CommandLine.arguments.count > 2 else { return print("usage: offline-queue DATABASE SERVER [MESSAGE …]") }
        let (path, server) = (CommandLine.arguments[1], CommandLine.arguments[2])
        let convo = try await Convo(at: path, server: server, credentials: .environment("MISTRAL_API_KEY"))
        for text in CommandLine.arguments.dropFirst(3) {
            // The disk has it when this returns; a power cut takes nothing away.
            let write = try await convo.start(text, model: "mistral-medium-latest")
            print("kept as \(write.operation)")
        }
        guard CommandLine.arguments.count == 3 else { return }
        for item in try await convo.outbox() {
            let outcome = try await convo.deliver(operation: item.id)
            switch outcome.state {
            case .delivered:
                let answer = try await convo.history(of: outcome.conversation, limit: 1).entries.last?.entry.text
                print("\(item.id) is delivered: \(answer ?? "")")
            case .queued, .sending, .inDoubt: print("\(item.id) waits: \(outcome.reason?.message ?? "no network")")
            case .refused, .held, .cancelled: print("\(item.id) needs you: \(outcome.reason?.message ?? "")")
            }
        }
    }
}
