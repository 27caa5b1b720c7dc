import HTTPTypes
import Hummingbird

/// Who may ask.
public enum Access: Hashable, Sendable {
    /// Anyone, with any bearer token or none.
    case anyone
    /// Whoever bears this key.
    case key(String)

    /// The gateway's refusal, `nil` for a request that may pass.
    func refusal(of request: Request) -> ServiceError? {
        guard case .key(let key) = self else { return nil }
        guard let header = request.headers[.authorization], let token = Access.bearerToken(in: header) else {
            return .answer(status: 401, .detail("Unauthorized"))
        }
        return Access.isEqual(token, key) ? nil : .answer(status: 401, .detail("Invalid API Key"))
    }

    private static func bearerToken(in header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// Takes the same time wherever the two differ.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
