import HTTPTypes

/// What a request says of who makes it.
enum Credentials {
    /// The key: a bearer token, or `x-api-key`, which the description of `/v1/users/me` and `/v1/whoami` names.
    static func token(in headers: HTTPFields) -> String? {
        if let header = headers[.authorization] {
            let parts = header.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return String(parts[1])
        }
        return HTTPField.Name("x-api-key").flatMap { headers[$0] }
    }
}
