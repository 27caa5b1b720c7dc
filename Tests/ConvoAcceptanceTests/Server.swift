import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A `convo-sandbox` that is listening.
struct Server {
    let program: Program
    let url: String
    var variables: [String: String] { ["CONVO_SERVER_URL": url] }

    /// How many requests for each operation there were since the last call.
    func requests() async throws -> [String: Int] {
        let log = try JSONSerialization.jsonObject(with: try await ask("GET", "requests")) as? [String: Any]
        _ = try await ask("DELETE", "requests")
        return try #require(log?["counts"] as? [String: Int]).filter { $0.value > 0 }
    }

    func turn(_ name: String, to value: String) async throws {
        _ = try await ask("POST", "switches", JSONEncoder().encode([name: value]))
    }

    /// Whether the server is busy with any conversation.
    func isBusy() async throws -> Bool {
        let ids = try JSONSerialization.jsonObject(with: try await ask("GET", "busy")) as? [String]
        return try !#require(ids).isEmpty
    }

    /// The ids and contents of a conversation's entries on the server, in order.
    func entries(of id: String) async throws -> [[String]] {
        let all = try JSONSerialization.jsonObject(with: try await ask("GET", "conversations")) as? [[String: Any]]
        let one = all?.first { ($0["conversation"] as? [String: Any])?["id"] as? String == id }
        return UserFolder.entries(in: one)
    }

    private func ask(_ method: String, _ path: String, _ body: Data? = nil) async throws -> Data {
        var request = URLRequest(url: try #require(URL(string: "\(url)/sandbox/\(path)")))
        request.httpMethod = method
        request.httpBody = body
        return try await URLSession.shared.data(for: request).0
    }
}

extension UserFolder {
    /// The ids and contents of the entries of an object with the member `entries`, in order.
    static func entries(in object: [String: Any]?) -> [[String]] {
        (object?["entries"] as? [[String: Any]] ?? []).map { entry in
            [entry["id"], entry["content"]].map { $0.map { "\($0)" } ?? "" }
        }
    }

    /// The ids and contents of a conversation's entries in the local database, in order.
    func entries(of id: String) async throws -> [[String]] {
        UserFolder.entries(in: try await json("history", id) as? [String: Any])
    }
}
