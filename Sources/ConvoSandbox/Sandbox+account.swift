package import ConvoJSON
import ConvoModel
package import ConvoServer
package import MistralEmulator

/// The operations on the account behind a key, and on the files that the model made.
extension Sandbox {
    /// Describes the principal's user: names, and ids that are derived from the names.
    ///
    /// - Parameter principal: the bearer of the request's key.
    /// - Returns: the object of `GET /v1/users/me`; ``Switches/identityParts`` may make its workspace and organization
    ///   `null`.
    /// - Throws: ``ServiceError``: the answer that ``Switches/userAnswer`` chooses, 403 for a service account, which
    ///   has no user, or a fault's answer.
    package func getUser(_ principal: Principal) async throws(ServiceError) -> JSONText {
        let faults = try await begin(.getUser)
        return try faults.delivered(handle(.getUser, by: principal, faults)).json
    }

    /// Describes the principal, a user or a service account: names, and ids that are derived from the names.
    ///
    /// - Parameter principal: the bearer of the request's key.
    /// - Returns: the object of `GET /v1/whoami`; ``Switches/identityParts`` may make its workspace and organization
    ///   `null`.
    /// - Throws: ``ServiceError``: the answer that ``Switches/whoAmIAnswer`` chooses, or a fault's answer.
    package func whoAmI(_ principal: Principal) async throws(ServiceError) -> JSONText {
        let faults = try await begin(.whoAmI)
        return try faults.delivered(handle(.whoAmI, by: principal, faults)).json
    }

    /// Returns the bytes of a file that the model made.
    ///
    /// - Parameters:
    ///   - id: the `file_id` of a `tool_file` chunk.
    ///   - principal: the bearer of the request's key.
    /// - Returns: the file's content: a JPEG image or a CSV table.
    /// - Throws: ``ServiceError``: 404 for a file that is not there or that the principal does not see, 500 for a table
    ///   under ``Switches/codeFile``, or a fault's answer.
    package func downloadFile(
        _ id: String, by principal: Principal = Principal()
    ) async throws(ServiceError) -> [UInt8] {
        let faults = try await begin(.downloadFile)
        guard case .bytes(let bytes) = try faults.delivered(handle(.downloadFile(id), by: principal, faults)) else {
            return []
        }
        return bytes
    }

    /// Makes a URL under which a client downloads a file without a key.
    ///
    /// - Parameters:
    ///   - id: the `file_id` of a `tool_file` chunk.
    ///   - hours: how long the URL is valid, from now on.
    ///   - principal: the bearer of the request's key.
    /// - Returns: `{"url": "…"}`. The URL is valid for this sandbox only, not for one that opens the same file later.
    /// - Throws: ``ServiceError``: 404 for a file that is not there or that the principal does not see, or a fault's
    ///   answer.
    package func getSignedURL(
        of id: String, hours: Int, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        let faults = try await begin(.getSignedURL)
        return try faults.delivered(handle(.getSignedURL(of: id, hours: hours), by: principal, faults)).json
    }

    /// Deletes a file.
    ///
    /// - Parameters:
    ///   - id: the `file_id` of a `tool_file` chunk.
    ///   - principal: the bearer of the request's key.
    /// - Returns: `{"id": "…", "object": "file", "deleted": true}`.
    /// - Throws: ``ServiceError``: 404 for a file that is not there or that the principal does not see, 500 where the
    ///   disk takes no more, or a fault's answer. Under a fault that comes after the commit the file is deleted.
    package func deleteFile(_ id: String, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText
    {
        let faults = try await begin(.deleteFile)
        return try faults.delivered(handle(.deleteFile(id), by: principal, faults)).json
    }
}
